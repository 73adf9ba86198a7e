// @ts-check
// A classic script, run where it stands: the list is at its end before anything of it is painted. Modules come later.
{
  const scroller = document.getElementById('scroller');
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}
