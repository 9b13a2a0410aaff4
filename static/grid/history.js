// The history of one cell beside it: Shift+F2 (Excel's key for notes) or the button above the table. Esc closes, and the
// focus is back in the cell.

import {placeAt} from '../float.js';
import {button} from './button.js';
import {isCards, labelOf, mayEdit, table} from './cells.js';
import * as editor from './editor.js';

const dialog = Object.assign(document.createElement('dialog'), {className: 'cell-history-box'});
const title = Object.assign(document.createElement('h2'), {id: 'cell-history-title'});
const body = document.createElement('div');
const close = button('Đóng', () => dialog.close());

export async function open(cell = editor.active) {
  if (!cell?.dataset.field) return;
  editor.commit();
  title.textContent = labelOf(cell);
  body.replaceChildren('Đang tìm…');
  dialog.showModal();
  place(cell);
  body.replaceChildren(...await ask(cell));
  place(cell);
}

async function ask(cell) {
  const problem = 'Chưa xem được lịch sử: không có kết nối tới máy chủ của trường.';
  try {
    const answer = await fetch(`/people/${cell.parentElement.dataset.personId}/cells/${cell.dataset.field}/history`, {headers: {'HX-Request': 'true'}});
    if (!answer.ok) return [answer.status === 401 ? 'Phiên làm việc đã hết: hãy đăng nhập lại.' : problem];
    return new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes;
  } catch { return [problem]; }
}

function place(cell) {
  if (!isCards()) placeAt(dialog, cell);
}

export function start() {
  if (!mayEdit) return;
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.append(title, body, close);
  document.body.append(dialog);
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => editor.activate(editor.active, {reveal: false}));
  table.addEventListener('keydown', (event) => {
    if (event.key !== 'F2' || !event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    open();
  }, true);
  const button = document.getElementById('cell-history');
  button.addEventListener('pointerdown', (event) => event.preventDefault()); // the cell keeps the focus
  button.addEventListener('click', () => open());
}
