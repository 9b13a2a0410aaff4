// Texts this browser still keeps from before: a reload, a crash, an evening without a line. They are shown in their
// cells and sent with what their author saw then, so that a change made by somebody else since is noticed.

import {button} from './button.js';
import {frame, table} from './cells.js';
import * as store from './store.js';

const OLD = 14 * 24 * 3600 * 1000; // older ones are sent only when the user says so

export function start(doors) {
  const kept = store.entries().filter((entry) => !isStored(entry));
  const isUsual = (entry) => Date.now() - entry.at < OLD && (entry.deed || cellOf(entry));
  for (const entry of kept.filter(isUsual)) send(entry, doors);
  const doubtful = kept.filter((entry) => !isUsual(entry));
  if (doubtful.length) offer(doubtful, doors);
}

const cellOf = ({person, field}) => document.getElementById(`c-${person}-${field}`);

function isStored(entry) {
  const isThere = !entry.deed && cellOf(entry)?.dataset.value === entry.text;
  if (isThere) store.forget(entry.name);
  return isThere;
}

function send(entry, {save, deed}) {
  if (entry.deed) deed(entry);
  else save(cellOf(entry), entry.text, entry.seen, entry.unsure);
}

// Old ones, and those whose row is not on this page: listed, for the user to send or to let go.
function offer(entries, doors) {
  const box = Object.assign(document.createElement('section'), {className: 'notice warn no-print', id: 'unsent'});
  box.setAttribute('aria-label', 'Chữ chưa lưu từ trước');
  const list = document.createElement('ul'), sendable = entries.filter((entry) => entry.deed || cellOf(entry));
  list.append(...entries.map(described));
  box.append(`Máy này còn giữ ${entries.length} chỗ chưa lưu từ trước:`, list);
  if (sendable.length) box.append(button(`Lưu bây giờ`, () => { sendable.forEach((entry) => send(entry, doors)); left(box, entries, sendable); }));
  if (location.search && sendable.length < entries.length) box.append(link(location.pathname, 'Hiện cả bảng'));
  box.append(' ', button('Bỏ hết', () => { entries.forEach((entry) => store.forget(entry.name)); box.remove(); }));
  frame.before(box);
}

function left(box, entries, sent) {
  if (sent.length === entries.length) return box.remove();
  box.querySelectorAll('li').forEach((item, place) => { if (sent.includes(entries[place])) item.remove(); });
  box.querySelector('button').remove();
}

function described(entry) {
  const item = document.createElement('li'), on = new Date(entry.at).toLocaleDateString('vi-VN', {timeZone: 'Asia/Ho_Chi_Minh'});
  if (entry.deed) item.append(`${entry.what}, ngày ${on}`);
  else item.append(nameOf(entry), `, ${labelOf(entry)}: “${entry.text || '(để trống)'}”, gõ ngày ${on}`);
  return item;
}

function nameOf(entry) {
  const name = document.getElementById(`c-${entry.person}-full_name`)?.dataset.value;
  return link(`/people/${entry.person}`, name || 'Hồ sơ không có trong bảng đang hiện');
}

const labelOf = ({field}) => table.querySelector(`thead [data-of="${field}"]`)?.textContent ?? field;
const link = (href, text) => Object.assign(document.createElement('a'), {href, textContent: text});
