// Drafts this browser still keeps from before: a reload, a crash, an evening without network.
// They are shown in their cells and sent with what their author saw then, so that a change made
// by somebody else since is noticed.

import {button, element, root} from '../elements.js';
import {restore} from './bulk_request.js';
import {frame, headOf} from './cells.js';
import * as draftStorage from './draft_storage.js';
import {save} from './saving.js';

const OLD = 14 * 24 * 3600 * 1000; // milliseconds; older ones are sent only when the user says so

const cellFor = ({person, field}) => document.getElementById(`c-${person}-${field}`);
const isBulk = (draft) => draft.url !== undefined;
const isSendable = (draft) => isBulk(draft) || cellFor(draft) !== null;
const isUsual = (draft) => Date.now() - draft.at < OLD && isSendable(draft);

function start() {
  const drafts = draftStorage.entries().filter((draft) => !isStored(draft));
  drafts.filter(isUsual).forEach(send);
  const doubtful = drafts.filter((draft) => !isUsual(draft));
  if (doubtful.length) offer(doubtful);
}

function isStored(draft) {
  if (isBulk(draft) || cellFor(draft)?.dataset.value !== draft.text) return false;
  draftStorage.forget(draft.name);
  return true;
}

function send(draft) {
  if (isBulk(draft)) restore(draft);
  else save(cellFor(draft), draft.text, draft.seen, draft.unsure);
}

// Old ones, and those whose row is not on this page: listed, for the user to send or to let go.
function offer(drafts) {
  const box = element('section', {className: 'notice warn no-print', id: 'unsent'});
  box.setAttribute('aria-label', 'Chữ chưa lưu từ trước');
  const list = element('ul');
  list.append(...drafts.map(listItem));
  box.append(`Máy này còn giữ ${drafts.length} chỗ chưa lưu từ trước:`, list);
  const sendable = drafts.filter(isSendable);
  if (sendable.length) box.append(button('Lưu bây giờ', () => sendOffered(box, drafts, sendable)));
  const hasHiddenRows = location.search !== '' && sendable.length < drafts.length;
  if (hasHiddenRows) box.append(link(location.pathname, 'Hiện cả bảng'));
  box.append(' ', button('Bỏ hết', () => forgetOffered(box, drafts)));
  frame.before(box);
}

function sendOffered(box, drafts, sendable) {
  box.remove();
  sendable.forEach(send);
  const rest = drafts.filter((draft) => !sendable.includes(draft));
  if (rest.length) offer(rest);
}

function forgetOffered(box, drafts) {
  drafts.forEach((draft) => draftStorage.forget(draft.name));
  box.remove();
}

function listItem(draft) {
  const item = element('li');
  const typedAt = new Date(draft.at);
  const day = typedAt.toLocaleDateString('vi-VN', {timeZone: 'Asia/Ho_Chi_Minh'});
  if (isBulk(draft)) {
    item.append(`${draft.what}, ngày ${day}`);
  } else {
    const label = headOf(draft.field)?.textContent ?? draft.field;
    const text = draft.text || '(để trống)';
    item.append(nameOf(draft), `, ${label}: “${text}”, gõ ngày ${day}`);
  }
  return item;
}

function nameOf({person}) {
  const name = cellFor({person, field: 'full_name'})?.dataset.value;
  return link(`${root}/people/${person}`, name || 'Hồ sơ không có trong bảng đang hiện');
}

const link = (href, text) => element('a', {href, textContent: text});

export {start};
