// Sends edits, those of one cell in order, and says truthfully what is saved. A text that could not be saved stays in its
// cell, marked, and is sent again with growing pauses; the browser asks before leaving while anything is unsaved.

import {show, table} from './cells.js';

const waiting = new Map(); // cell id -> {cell, text, seen, busy, tries, timer, status}
const PAUSES = [1, 2, 4, 8, 15, 30];
const line = document.getElementById('save-state');
let signedOut = false;

// Does the table still owe the server this cell's text, or the server an answer?
export const isWaiting = (cell) => {
  const job = waiting.get(cell.id);
  return Boolean(job) && (job.fresh || ![200, 409, 422].includes(job.status));
};
export const newestText = (cell) => isWaiting(cell) ? waiting.get(cell.id).text : cell.dataset.typed ?? cell.dataset.value;
export const isAnythingUnsaved = () => waiting.size > 0 || Boolean(table.querySelector('[data-save="open"]'));

export function save(cell, text, seen) {
  const job = waiting.get(cell.id) ?? {cell, seen, busy: false, tries: 0};
  Object.assign(job, {text, fresh: true});
  waiting.set(cell.id, job);
  delete cell.dataset.typed;
  show(cell, text);
  send(job);
}

async function send(job) {
  clearTimeout(job.timer);
  if (job.busy) return; // sent when the answer to the one under way is here
  Object.assign(job, {busy: true, fresh: false, status: 0, sent: job.text});
  mark(job.cell, 'saving');
  tell();
  const {personId} = job.cell.parentElement.dataset;
  await htmx.ajax('POST', `/people/${personId}/cells/${job.cell.dataset.field}`, {
    source: job.cell, target: job.cell, swap: 'none', values: {value: job.text, seen: job.seen},
  }).catch(() => {});
  job.busy = false;
  settle(job);
}

function settle(job) {
  if (job.status === 200 || (job.status === 422 && !job.cell.hasAttribute('data-refused'))) {
    signedOut = false;
    job.seen = job.cell.dataset.value;
    job.tries = 0;
    if (job.fresh) return send(job);
    waiting.delete(job.cell.id);
    mark(job.cell, 'saved');
  } else if (job.status === 409 || job.status === 422) {
    if (job.fresh && job.status === 422) return send(job);
    const mine = job.cell.querySelector('button[data-mine]');
    if (mine && job.fresh) mine.dataset.use = job.text;
    waiting.delete(job.cell.id); // the cell itself now says what stands there and what to do
    mark(job.cell, 'open');
  } else if ([400, 403, 404, 413].includes(job.status)) {
    mark(job.cell, 'refused');
  } else {
    signedOut = job.status === 401;
    mark(job.cell, 'failed');
    job.timer = setTimeout(() => send(job), 1000 * PAUSES[Math.min(job.tries++, PAUSES.length - 1)]);
  }
  tell(job);
}

function retryAll() {
  for (const job of waiting.values()) send(job);
}

const SENTENCES = {
  saving: 'Đang lưu…', failed: 'Chưa lưu được, đang thử lại.', refused: 'Không lưu được: hồ sơ không còn ở đây, hoặc bạn không được sửa.',
};

function mark(cell, state) {
  cell.dataset.save = state;
  if (SENTENCES[state]) cell.title = SENTENCES[state];
  else cell.removeAttribute('title');
}

function tell(last) {
  const stuck = [...waiting.values()].filter((job) => ['failed', 'refused'].includes(job.cell.dataset.save)).length;
  line.dataset.state = stuck ? 'failed' : waiting.size ? 'saving' : 'saved';
  if (stuck) line.replaceChildren(`Chưa lưu ${stuck} ô. Chữ đã gõ vẫn còn đây. `, signedOut ? loginLink() : '', retryButton());
  else if (waiting.size) line.textContent = 'Đang lưu…';
  else if (last && [200, 422].includes(last.status) && !table.querySelector('[data-save="open"]')) {
    line.textContent = `Đã lưu lúc ${new Date().toLocaleTimeString('vi-VN', {hour12: false, timeZone: 'Asia/Ho_Chi_Minh'})}`;
  } else if (last) {
    line.dataset.state = 'open';
    line.textContent = 'Có ô cần bạn xem lại.';
  }
}

function loginLink() {
  const link = Object.assign(document.createElement('a'), {href: '/login', target: '_blank', rel: 'noopener', textContent: 'Phiên làm việc đã hết: đăng nhập lại ở thẻ mới'});
  link.className = 'button small';
  return link;
}

function retryButton() {
  const button = Object.assign(document.createElement('button'), {type: 'button', className: 'small', textContent: 'Lưu lại ngay'});
  button.addEventListener('click', retryAll);
  return button;
}

export function start() {
  table.addEventListener('htmx:after:request', (event) => {
    const {ctx} = event.detail, job = waiting.get(ctx.sourceElement?.id);
    // An answer that does not name this cell (a proxy's page, a login page) has saved nothing.
    if (job) job.status = ctx.response.status >= 400 || ctx.text?.includes(`#${job.cell.id}"`) ? ctx.response.status : 0;
  });
  addEventListener('online', retryAll);
}
