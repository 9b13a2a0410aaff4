// The one line that says for the whole table what is saved and what is not. The seconds count
// down for the eye only: a screen reader is told the sentence, not the clock.

import {button, element} from '../elements.js';
import * as signin from '../signin.js';
import {openCells} from './cell_status.js';
import * as draftStorage from './draft_storage.js';
import * as queue from './request_queue.js';

const OTHER_USER = 'Trang này đã dừng lưu vì có tài khoản khác đăng nhập.';
const line = document.getElementById('save-state');
let savedAt = null;
// an action that may or may not have reached the server
let unclearAction = '';
let clock = 0;
let renderedWords = '';

function noteSaved() {
  savedAt = new Date();
  unclearAction = '';
}

function noteUnclear(action) {
  unclearAction = action;
}

// The table shows by now what became of it.
function clearUp() {
  if (!unclearAction) return;
  unclearAction = '';
  render(saveStatus());
}

const refusedItems = () => queue.all().filter((item) => item.state === 'refused');
// also while it is tried again
const failedItems = () => queue.all().filter((item) => item.hasFailed && item.state !== 'refused');

// The first that applies wins: what the user must hear first. A status has the state of the line,
// and parts: texts, and functions that make an element.
function saveStatus() {
  const items = queue.all();
  const refused = refusedItems();
  const failed = failedItems();
  const open = openCells();
  if (queue.state.isClosed) return status('failed', OTHER_USER, reloadButton);
  if (queue.state.mustSignIn && (failed.length || !items.length)) return signedOut(failed);
  if (failed.length) return retrying(failed);
  if (items.length > refused.length) return status('saving', 'Đang lưu…');
  if (refused.length) return turnedAway(refused);
  if (unclearAction) return unclear();
  if (open.length) return undecided(open);
  if (savedAt) return status('saved', `Đã lưu lúc ${timeOf(savedAt)}`);
  return status('');
}

const status = (state, ...parts) => ({state, parts});

function signedOut(failed) {
  const what = failed.length ? `Chưa lưu được ${named(failed)}.` : '';
  const sentence = `Phiên làm việc đã hết. ${what}${warningFor(failed)}`;
  return status('failed', sentence, signInButton);
}

function retrying(failed) {
  const what = `Chưa lưu được ${named(failed)}, `;
  const parts = [what, countdown, warningFor(failed), retryButton];
  if (failed.some(isBulk)) parts.push(giveUpBulkButton);
  return status('failed', ...parts);
}

function turnedAway(refused) {
  const reason = 'hồ sơ không còn ở đây, hoặc thầy cô không được sửa';
  return status('failed', `Không lưu được ${named(refused)}: ${reason}.`, giveUpRefusedButton);
}

function unclear() {
  const sentence = `Đường truyền ngắt giữa chừng, chưa rõ đã ${unclearAction} hay chưa.`
    + ' Hãy xem lại bảng trước khi làm tiếp.';
  return status('failed', sentence, reloadButton);
}

function undecided(open) {
  const saved = savedAt ? `Đã lưu lúc ${timeOf(savedAt)}. ` : '';
  return status('open', `${saved}Còn ${open.length} ô chưa lưu, cần xem lại.`, goToCellButton);
}

function warningFor(failed) {
  return draftStorage.isWorking() || !failed.length ? '' : ' Đừng đóng trang này.';
}

function named(items) {
  const cells = items.filter((item) => !isBulk(item));
  const actions = items.filter(isBulk).map((item) => item.what);
  return [...(cells.length ? [`${cells.length} ô`] : []), ...actions].join(', ');
}

// Drawn anew only when the words differ, so that a button keeps its focus. So a button looks up
// what it is for when it is pressed.
function render({state, parts}) {
  const words = state + parts.map((part) => part.name ?? part).join('');
  if (words === renderedWords) return;
  renderedWords = words;
  clearInterval(clock);
  line.dataset.state = state;
  line.replaceChildren(...parts.map((part) => typeof part === 'string' ? part : part()));
}

function countdown() {
  const span = element('span', {className: 'countdown', ariaHidden: 'true'});
  const count = () => {
    const seconds = Math.max(1, Math.ceil((queue.state.retryAt - Date.now()) / 1000));
    span.textContent = queue.state.retryAt ? `thử lại sau ${seconds} giây` : 'đang thử lại…';
  };
  count();
  clock = setInterval(count, 500);
  return span;
}

const isBulk = (item) => item.isBulk === true;
const giveUp = (items) => items.forEach((item) => item.giveUp());
const giveUpRefusedButton = () => button('Bỏ', () => giveUp(refusedItems()));
const giveUpBulkButton = () => button('Bỏ', () => giveUp(failedItems().filter(isBulk)));
const reloadButton = () => button('Tải lại trang', () => location.reload());
const retryButton = () => button('Thử lại ngay', queue.retryNow);
const signInButton = () => button('Đăng nhập', () => signin.ask({again: true}));
const goToCellButton = () => button('Tới ô', goToCell);

function goToCell() {
  const [cell] = openCells();
  if (!cell) return;
  cell.tabIndex = 0;
  cell.focus();
}

function timeOf(moment) {
  return moment.toLocaleTimeString('vi-VN', {hour12: false, timeZone: 'Asia/Ho_Chi_Minh'});
}

function start() {
  queue.onChange(() => render(saveStatus()));
}

export {clearUp, noteSaved, noteUnclear, start};
