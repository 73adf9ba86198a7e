// @ts-check
/**
 * Events with the types of what they carry. A listener that throws harms no other listener and no protocol state:
 * its error is reported as an uncaught one.
 */

/** @template {Record<string, any[]>} Events the arguments of each event */
export class Emitter {
  constructor() {
    /** @type {Map<keyof Events, Set<(...args: any[]) => void>>} */
    this.listeners = new Map();
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(...args: Events[Name]) => void} call
   * @returns {() => void} takes it off again
   */
  on(event, call) {
    const calls = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, calls);
    calls.add(call);
    return () => { calls.delete(call); };
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {Events[Name]} args
   */
  emit(event, ...args) {
    for (const call of [...(this.listeners.get(event) ?? [])]) {
      try {
        call(...args);
      } catch (error) {
        queueMicrotask(() => { throw error; });
      }
    }
  }

  /** Nobody hears anything any more. */
  silence() { this.listeners.clear(); }
}
