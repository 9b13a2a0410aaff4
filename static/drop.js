// Files dropped anywhere on a form marked data-drop go into its file field.

for (const form of document.querySelectorAll('[data-drop]')) {
  const field = form.querySelector('input[type="file"]');
  form.addEventListener('dragover', (event) => {
    event.preventDefault();
    form.classList.add('is-over');
  });
  form.addEventListener('dragleave', () => form.classList.remove('is-over'));
  form.addEventListener('drop', (event) => {
    event.preventDefault();
    form.classList.remove('is-over');
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
