// The form of one record: what was typed there is never lost. A draft stays in this browser until the server has it, a
// broken line or an ended session is told on the spot, and leaving with unsaved text is asked about.

import {button} from './grid/button.js';
import * as signin from './grid/signin.js';
import * as places from './places.js';

const NO_LINE = 'Chưa lưu được: chưa nối được với máy chủ. Chữ đã gõ còn nguyên ở đây, hãy bấm Lưu lại khi có mạng.';
const NO_SESSION = 'Chưa lưu: phiên làm việc đã hết. Chữ đã gõ còn nguyên ở đây, hãy đăng nhập rồi bấm Lưu lại.';
const NEVER = 'Không lưu được: hồ sơ không còn ở đây, hoặc thầy cô không được sửa.';
let form = null, pressed = null, isLeaving = false, isKept = true;

const seenOf = (field) => form.elements[`seen-${field.name}`];
const fields = () => [...form.elements].filter((field) => field.name && seenOf(field));
const unsaved = () => fields().filter((field) => field.value !== seenOf(field).value);
const name = () => `draft/${form.dataset.draft}`;

function keep() {
  const texts = unsaved().map((field) => [field.name, {text: field.value, seen: seenOf(field).value}]);
  storage(() => texts.length ? localStorage.setItem(name(), JSON.stringify(texts)) : localStorage.removeItem(name()));
}

// What was seen then comes back with the text, so that a change made by somebody else since is noticed.
function restore() {
  const texts = new Map(storage(() => JSON.parse(localStorage.getItem(name()))) ?? []);
  const back = fields().filter((field) => texts.has(field.name) && texts.get(field.name).text !== field.value);
  for (const field of back) [field.value, seenOf(field).value] = [texts.get(field.name).text, texts.get(field.name).seen];
  if (!back.length) return storage(() => localStorage.removeItem(name()));
  const drop = button('Bỏ chữ gõ dở', () => { forget(); location.reload(); });
  const labels = back.map((field) => form.querySelector(`[for="${field.id}"]`).textContent).join(', ');
  tell(`Chữ gõ dở lần trước, chưa lưu, đã được đặt lại: ${labels}. `, drop);
}

function forget() {
  storage(() => localStorage.removeItem(name()));
  isLeaving = true;
}

function storage(deed) {
  try { return deed(); } catch { isKept = false; return null; }
}

async function save() {
  const body = new URLSearchParams(new FormData(form)), buttons = [...form.querySelectorAll('.actions button')];
  if (pressed?.name) body.append(pressed.name, pressed.value);
  buttons.forEach((button) => { button.disabled = true; });
  tell();
  const headers = {'HX-Request': 'true', 'X-User': form.dataset.user};
  const answer = await fetch(form.action, {method: 'POST', body, headers}).catch(() => null);
  buttons.forEach((button) => { button.disabled = false; });
  const onward = answer?.headers.get('X-Next');
  if (onward) {
    forget();
    location.assign(onward);
  } else if (answer?.status === 409 || answer?.status === 422) show(await answer.text());
  else if (answer?.status === 401) {
    tell(NO_SESSION);
    signin.ask({again: true});
  } else tell([400, 403, 404, 413].includes(answer?.status) ? NEVER : NO_LINE);
}

// Some fields were not saved: the page as the server draws it now, with what was typed in them.
function show(html) {
  const main = new DOMParser().parseFromString(html, 'text/html').querySelector('main');
  document.querySelector('main').replaceChildren(...main.childNodes);
  places.wire();
  wire();
  keep();
  scrollTo(0, 0);
}

function tell(...words) {
  const line = document.getElementById('not-saved');
  line.replaceChildren(...words);
  line.hidden = !words.length;
}

function wire() {
  form = document.querySelector('form.record');
  for (const kind of ['input', 'change']) form.addEventListener(kind, keep); // change: taken from a list
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    pressed = event.submitter;
    save();
  });
}

wire();
restore();
addEventListener('beforeunload', (event) => { if (!isLeaving && unsaved().length) event.preventDefault(); });
signin.start({
  user: form.dataset.user, isBusy: () => false, onBack: save, onStranger: () => { isLeaving = isKept; },
  kept: () => isKept ? 'Chữ chưa lưu của người dùng trước được giữ trên máy này.' : 'Hãy chép lại chữ chưa lưu trước khi tải trang.',
});
