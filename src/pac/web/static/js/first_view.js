// @ts-check
// A classic script, run where it stands: the list is at its end before anything of it is painted. Modules come later, and
// one may be writing by then.
{
  const scroller = document.getElementById('scroller');
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
  const early = document.getElementById('early');
  const composing = (/** @type {string} */ is) => { if (early) early.dataset.composing = is; };
  composing('');
  early?.addEventListener('compositionstart', () => composing('1'));
  early?.addEventListener('compositionend', () => composing(''));
}
