// A button that prints the page, for those who do not know Ctrl+P and for phones; without scripts
// it stays away.

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
