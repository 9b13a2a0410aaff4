// The upload form: says at once that a file is too big, and that a file is being read.
const LARGEST = 10_000_000;
const form = document.querySelector('form[data-upload]');
const input = form?.querySelector('input[type=file]');
const told = form?.querySelector('[data-told]');

const say = (sentence) => {
  told.textContent = sentence;
  told.hidden = !sentence;
  input.setAttribute('aria-invalid', sentence ? 'true' : 'false');
};

input?.addEventListener('change', () => {
  const file = input.files[0];
  const tooBig = file && file.size > LARGEST;
  say(tooBig ? 'Tệp lớn hơn 10 MB nên không gửi được: hãy xóa hình ảnh và các sheet không cần, hoặc tách theo khối.' : '');
  if (tooBig) input.value = '';
});

form?.addEventListener('submit', () => {
  const button = form.querySelector('button.primary');
  button.disabled = true;
  button.textContent = 'Đang đọc tệp…';
});

// back from the check page by the browser's own button: the form works again
window.addEventListener('pageshow', () => {
  const button = form?.querySelector('button.primary');
  if (button) {
    button.disabled = false;
    button.textContent = button.dataset.word;
  }
});
