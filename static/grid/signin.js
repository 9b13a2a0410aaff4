// The session has run out while a page holds unsaved text: signing in happens in a dialog on the spot, nothing is lost.
// Who signs in as somebody else gets a page of his own; the edits of the first user stay in this browser for him.

import {button} from './button.js';

const dialog = document.getElementById('signin');
const form = dialog?.querySelector('form'), problem = document.getElementById('signin-problem');
const QUIET = 500; // milliseconds without a key: nobody types the end of a name into the password
let doors = {}, wasDismissed = false, lastKey = 0, isWanted = false;

export function start(given) {
  doors = given; // {user, isBusy(), onBack(), onStranger(), kept()}: kept, the words for what becomes of unsaved text
  document.addEventListener('keydown', () => { lastKey = Date.now(); }, true);
  form.addEventListener('submit', (event) => { event.preventDefault(); send(); });
  dialog.addEventListener('cancel', () => { wasDismissed = true; });
  dialog.addEventListener('click', (event) => {
    if (!event.target.closest('[data-close]')) return;
    wasDismissed = true;
    dialog.close();
  });
  dialog.addEventListener('htmx:after:request', receive);
}

// Opens when the hands are still. Once put off it comes back only when asked for by the button of the save line.
export function ask({again = false} = {}) {
  if (again) wasDismissed = false;
  if (dialog.open || wasDismissed || isWanted) return;
  isWanted = true;
  openWhenStill(again);
}

function openWhenStill(now) {
  if (!now && (doors.isBusy() || Date.now() - lastKey < QUIET)) return setTimeout(openWhenStill, 100);
  isWanted = false;
  dialog.showModal(); // closing gives the focus back to the cell
  form.elements.password.focus();
}

let status = 0, user = '';
async function send() {
  const {username, password} = form.elements, sending = form.querySelector('button.primary');
  if (sending.disabled) return;
  sending.disabled = true;
  status = 0;
  problem.textContent = '';
  await htmx.ajax('POST', form.action, {
    source: dialog, target: problem, swap: 'none', values: {username: username.value, password: password.value},
  }).catch(() => {});
  sending.disabled = false;
  password.value = '';
  if (status === 204) return arrive();
  if (!problem.textContent.trim()) problem.textContent = 'Chưa nối được với máy chủ. Hãy thử lại sau ít giây.';
  password.focus();
}

function receive(event) {
  const {response} = event.detail.ctx;
  status = response.status;
  user = response.headers.get('X-User') ?? '';
}

function arrive() {
  wasDismissed = false;
  if (user === doors.user) {
    dialog.close();
    return doors.onBack();
  }
  doors.onStranger();
  form.replaceChildren(part('h2', 'Tài khoản khác'), part('p', `Thầy cô vừa đăng nhập bằng tài khoản khác, trang sẽ tải lại. ${doors.kept()}`), button('Tải lại trang', () => location.reload(), 'primary'));
  form.querySelector('h2').id = 'signin-title';
  form.querySelector('button').focus();
}

const part = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
