// Deeds on many cells: each is sent in its turn, is one step on the server, and may come back with a question.

import {button} from './button.js';
import {mayEdit, table} from './cells.js';
import * as editor from './editor.js';
import {deed, repeat} from './deeds.js';
import * as lane from './lane.js';
import {takeBack} from './saving.js';

const {classId} = table?.dataset ?? {};
const dialog = document.getElementById('grid-ask');
export const base = classId === 'staff' ? '/staff' : `/classes/${classId}`;

// `values` is called once, when everything typed before is saved: it says what the user saw when the deed was sent.
// Answers {status, touched}: the cells that the answer drew anew.
export async function perform(address, values, cells, {what, ...more}) {
  const touched = [], look = ({detail: {ctx, tasks}}) => {
    if (ctx.request.action === address) touched.push(...tasks.map((task) => task.target).filter((cell) => cell?.matches?.('tbody [data-field]')));
  };
  let known;
  editor.commit();
  document.addEventListener('htmx:before:swap', look, true);
  const {status, wasSent} = await deed(address, () => known ??= values(), cells, {what, ...more});
  document.removeEventListener('htmx:before:swap', look, true);
  return {status, wasSent, touched};
}

export const idsOf = (rows) => JSON.stringify(rows.map((row) => Number(row.dataset.personId)));

export const textsSeen = (rows, names) => JSON.stringify(Object.fromEntries(rows.map((row) => [
  row.dataset.personId,
  Object.fromEntries([...row.querySelectorAll('[data-field]')].filter(({dataset}) => !names || names.includes(dataset.field))
    .map(({dataset}) => [dataset.field, dataset.value])),
])));

// A block of cells as the server wants it: its rows, its columns, and what the user saw there.
export function described(lines, ...besides) {
  const rows = lines.map(([first]) => first.parentElement), names = lines[0].map(({dataset}) => dataset.field).filter(Boolean);
  return {rows: idsOf(rows), fields: JSON.stringify(names), seen: textsSeen([...besides, ...rows], names)};
}

export function report(sentence) {
  const line = Object.assign(document.createElement('p'), {textContent: `${sentence} `});
  line.append(button('Đóng', () => report('')));
  document.getElementById('grid-report').replaceChildren(...(sentence ? [line] : []));
}

export const undo = () => step('/undo', 'hoàn tác');
export const redo = () => step('/redo', 'làm lại');

// A step that was undone is shown: the first of its cells becomes the active one.
async function step(address, what) {
  const inTable = table.contains(document.activeElement);
  editor.commit();
  const back = address === '/undo' && takeBack();
  if (back) {
    editor.refresh(back);
    editor.activate(back, {focus: inTable});
    return report('Chưa có kết nối: đã bỏ chữ vừa gõ ở ô này, nội dung cũ được đặt lại.');
  }
  const {status, wasSent, touched: [first]} = await perform(address, () => ({table: classId}), [], {what, repeatable: false});
  if (document.querySelector('#grid-report [data-reload]')) return location.reload(); // somebody left or came back
  if (!status) report(wasSent ? `Mất kết nối giữa chừng: hãy xem trong bảng bước vừa rồi đã ${what} chưa.` : `Chưa ${what}: không có kết nối tới máy chủ.`);
  if (first && !first.parentElement.hidden) editor.activate(first, {focus: inTable});
}

// No button has the focus at first: the Enter at the end of a scanned card, or one too many, must not be an answer.
function ask() {
  if (!dialog.textContent.trim() || dialog.open) return;
  dialog.showModal();
  dialog.focus();
  dialog.scrollTop = 0; // the first button, below a long list, was in sight for a moment
}

function pressed(event) {
  const again = event.target.closest('[data-repost]'), button = event.target.closest('#undo, #redo, [data-undo], [data-redo]');
  if (again) {
    dialog.close('again');
    repeat(JSON.parse(again.dataset.repost));
  } else if (button) {
    event.preventDefault();
    (button.matches('#redo, [data-redo]') ? redo : undo)();
  } else if (event.target.closest('#grid-ask [data-close]')) dialog.close('');
  else if (event.target.closest('#grid-report [data-dismiss]')) report('');
}

// After a report's button was pressed the focus is there: Ctrl+Z still means the last step in the table.
function pressedOutside(event) {
  const {ctrlKey, metaKey, shiftKey, target} = event, key = event.key.toLowerCase();
  if (!(ctrlKey || metaKey) || table.contains(target) || target.closest('input, textarea, select, dialog')) return;
  if (key !== 'z' && key !== 'y') return;
  event.preventDefault();
  (key === 'y' || shiftKey ? redo : undo)();
}

// Somebody was added: the page goes on at that row, and what it says at its top is read beside the table.
function land() {
  const row = document.getElementById(location.hash.slice(1));
  if (!table.contains(row)) return;
  const told = document.querySelector('main > .done');
  if (told) report(told.textContent);
  told?.remove();
  editor.activate(row.querySelector('[data-problem]') ?? row.querySelector('[data-field]'));
  history.replaceState(null, '', location.pathname); // a reload goes on where one was
}

export function start() {
  if (!mayEdit) return;
  land();
  dialog.tabIndex = -1;
  document.addEventListener('keydown', pressedOutside);
  document.addEventListener('click', pressed);
  document.addEventListener('htmx:after:swap', ask);
  dialog.addEventListener('close', () => {
    if (!dialog.returnValue) report('Chưa ghi gì vào bảng.');
    dialog.returnValue = '';
    dialog.replaceChildren();
    editor.activate(editor.active, {reveal: false});
    lane.release();
  });
}
