// A tick that shows what is typed into a password field: data-shows names the field.

for (const tick of document.querySelectorAll('[data-shows]')) {
  const field = document.getElementById(tick.dataset.shows);
  tick.addEventListener('change', () => {
    field.type = tick.checked ? 'text' : 'password';
  });
}
