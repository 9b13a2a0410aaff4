// The one line that says for the whole table what is saved and what is not. The seconds count down for the eye only:
// a screen reader is told the sentence, not the clock.

import {button} from './button.js';
import * as lane from './lane.js';
import {isKept} from './store.js';

const line = document.getElementById('save-state');
let savedAt = null, unclearWhat = '', doors = {}, clock = 0, drawn = '';

export const saved = () => { savedAt = new Date(); unclearWhat = ''; };
export const clearUp = () => { if (unclearWhat) { unclearWhat = ''; tell(); } };
export const unclear = (what) => { unclearWhat = what; };

export function start(given) {
  doors = given; // {openCells(), signIn()}
  lane.onChange(tell);
}

function tell() {
  const items = lane.all(), failed = items.filter((item) => item.hasFailed && item.state !== 'refused'); // also while tried again
  const refused = items.filter((item) => item.state === 'refused'), open = doors.openCells();
  if (lane.isClosed()) draw('failed', 'Trang này đã dừng lưu vì có tài khoản khác đăng nhập.', reloadButton);
  else if (failed.length || (lane.mustSignIn && !items.length)) drawFailed(failed);
  else if (items.length > refused.length) draw('saving', 'Đang lưu…');
  else if (refused.length) draw('failed', `Không lưu được ${named(refused)}: hồ sơ không còn ở đây, hoặc thầy cô không được sửa.`, () => giveUpButton(refused));
  else if (unclearWhat) draw('failed', `Đường truyền ngắt giữa chừng, chưa rõ đã ${unclearWhat} hay chưa. Hãy xem lại bảng trước khi làm tiếp.`, reloadButton);
  else if (open.length) draw('open', `${savedAt ? `Đã lưu lúc ${time(savedAt)}. ` : ''}Còn ${open.length} ô chưa lưu, cần xem lại.`, () => goButton(open[0]));
  else if (savedAt) draw('saved', `Đã lưu lúc ${time(savedAt)}`);
  else draw('', '');
}

function drawFailed(failed) {
  const what = failed.length ? `Chưa lưu được ${named(failed)}` : '', deeds = failed.filter((item) => item.deed);
  const warning = isKept() || !failed.length ? '' : ' Đừng đóng trang này.';
  if (lane.mustSignIn) return draw('failed', `Phiên làm việc đã hết. ${what && `${what}.`}${warning}`, () => button('Đăng nhập', doors.signIn));
  draw('failed', `${what}, `, countdown, warning, () => button('Thử lại ngay', lane.wake), ...(deeds.length ? [() => giveUpButton(deeds)] : []));
}

// Texts and makers of elements; drawn anew only when the words differ, so that a button keeps its focus.
function draw(state, ...parts) {
  const words = state + parts.map((part) => typeof part === 'string' ? part : part.name || part).join('');
  if (words === drawn) return;
  drawn = words;
  clearInterval(clock);
  line.dataset.state = state;
  line.replaceChildren(...parts.map((part) => typeof part === 'string' ? part : part()));
}

function named(items) {
  const cells = items.filter((item) => !item.deed).length, deeds = items.filter((item) => item.deed).map((item) => item.what);
  return [...(cells ? [`${cells} ô`] : []), ...deeds].join(', ');
}

function countdown() {
  const span = Object.assign(document.createElement('span'), {className: 'countdown', ariaHidden: 'true'});
  const count = () => { span.textContent = lane.dueAt ? `thử lại sau ${Math.max(1, Math.ceil((lane.dueAt - Date.now()) / 1000))} giây` : 'đang thử lại…'; };
  count();
  clock = setInterval(count, 500);
  return span;
}

const giveUpButton = (items) => button('Bỏ', () => items.forEach((item) => item.giveUp()));
const reloadButton = () => button('Tải lại trang', () => location.reload());
const goButton = (cell) => button('Tới ô', () => { cell.tabIndex = 0; cell.focus(); });
const time = (at) => at.toLocaleTimeString('vi-VN', {hour12: false, timeZone: 'Asia/Ho_Chi_Minh'});
