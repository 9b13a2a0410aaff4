// A stack of photos goes up one by one: the page says how far it is, a broken connection is tried
// again, and no request is larger than one photo.

const WAITS = [1500, 3000, 6000, 10000]; // milliseconds, after each failure
const SIGNED_OUT = 'Phiên làm việc đã hết: hãy tải lại trang, đăng nhập rồi gửi các ảnh còn lại.';
const NO_CONNECTION = 'Chưa nối được với máy chủ: hãy kiểm tra mạng rồi gửi các ảnh còn lại.';
const form = document.querySelector('form[data-photos]');

const fields = () => [...form.querySelectorAll('[type=file]')];
const filesOf = () => fields().flatMap((field) => [...field.files]);
const pause = (time) => new Promise((resume) => setTimeout(resume, time));

function say(selector, sentence) {
  const line = form.querySelector(selector);
  line.textContent = sentence;
  line.hidden = !sentence;
}

async function post(file) {
  const body = new FormData();
  body.append('photos', file, file.name);
  const headers = {'HX-Request': 'true'};
  for (const wait of WAITS) {
    const answer = await fetch(form.action, {method: 'POST', body, headers}).catch(() => null);
    if (answer && answer.status < 500) return answer;
    await pause(wait);
  }
  return null;
}

// Returns why it ended early, "" when all went.
async function sendAll(files) {
  for (const [index, file] of files.entries()) {
    say('[data-sent]', `Đang gửi ảnh ${index + 1}/${files.length}. Xin đừng đóng trang này.`);
    const answer = await post(file);
    const left = files.length - index;
    if (!answer) return `${NO_CONNECTION} Còn ${left} ảnh chưa gửi.`;
    if (answer.status === 422) return `${await answer.text()} Còn ${left} ảnh chưa gửi.`;
    if (answer.status !== 204) return `${SIGNED_OUT} Còn ${left} ảnh chưa gửi.`;
  }
  return '';
}

async function send() {
  const files = filesOf();
  const submit = form.querySelector('button');
  submit.disabled = true;
  say('[data-too-large]', '');
  // Asks the server how far the reading is, and would lead away from here in the middle.
  document.getElementById('photos-progress')?.remove();
  const trouble = await sendAll(files);
  submit.disabled = false;
  say('[data-sent]', '');
  if (trouble) return say('[data-too-large]', trouble);
  location.replace(form.action);
}

form?.addEventListener('submit', (event) => {
  if (!filesOf().length) return; // the server says what is missing
  event.preventDefault();
  send();
});
