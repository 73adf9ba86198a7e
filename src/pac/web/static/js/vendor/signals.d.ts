// What tsc reads instead of signals.js: the types the package comes with.
export * from "@preact/signals";
