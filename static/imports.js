// The upload form: says at once that a file is too big, and that a file is being read.

const LARGEST = 10_000_000; // bytes
const TOO_BIG = 'Tệp lớn hơn 10 MB nên không gửi được:'
  + ' hãy xóa hình ảnh và các sheet không cần, hoặc tách theo khối.';
const form = document.querySelector('form[data-upload]');
const input = form?.querySelector('input[type=file]');
const message = form?.querySelector('[data-told]');
const submit = form?.querySelector('button.primary');

function say(sentence) {
  message.textContent = sentence;
  message.hidden = !sentence;
  input.setAttribute('aria-invalid', sentence ? 'true' : 'false');
}

input?.addEventListener('change', () => {
  const file = input.files[0];
  const isTooBig = file !== undefined && file.size > LARGEST;
  say(isTooBig ? TOO_BIG : '');
  if (isTooBig) input.value = '';
});

form?.addEventListener('submit', () => {
  submit.disabled = true;
  submit.textContent = 'Đang đọc tệp…';
});

// Back from the check page by the browser's own button: the form works again.
addEventListener('pageshow', () => {
  if (!submit) return;
  submit.disabled = false;
  submit.textContent = submit.dataset.word;
});
