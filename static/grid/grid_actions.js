// What is done to many cells with one key: clear them, fill them, undo, redo. And what comes
// back: a report above the table, or a question.

import {button, element, root} from '../elements.js';
import {described, perform, repeat} from './bulk_request.js';
import {
  columnOf, focusableCells, headOf, isCards, isEditable, mayEdit, shownRows, table, tableId,
  tableUrl,
} from './cells.js';
import * as editor from './editor.js';
import * as queue from './request_queue.js';
import {newestText, takeBack} from './saving.js';
import * as selection from './selection.js';

const dialog = document.getElementById('grid-ask');
const reportBox = document.getElementById('grid-report');
const handle = element('span', {className: 'fill-handle', title: 'Kéo để điền xuống'});

function report(sentence) {
  const line = element('p', {textContent: `${sentence} `});
  line.append(button('Đóng', closeReport));
  reportBox.replaceChildren(line);
}

const closeReport = () => reportBox.replaceChildren();

// Clearing

function clearSelected() {
  const lines = selection.block().map((line) => line.filter(isEditable));
  const cells = lines.flat();
  if (!cells.some(newestText)) return;
  if (cells.length === 1) return editor.put(cells[0], '');
  perform(`${tableUrl}/clear`, () => described(lines), cells, {what: `xóa ${cells.length} ô`});
}

// Filling: one value down a column, for columns where that makes sense (`data-fill` at the
// heading), by Ctrl+D or the handle at the corner of the selection. Never for names, birth dates
// and numbers.

const isFillable = ({dataset}) => headOf(dataset.field)?.dataset.fill === 'yes';

function fillDown() {
  const lines = selection.block();
  const [firstLine] = lines;
  const notFillable = firstLine.filter((cell) => !isFillable(cell));
  if (notFillable.length) return report(refusalFor(notFillable));
  if (lines.length > 1) return fill(firstLine[0].parentElement, lines.slice(1));
  const rows = shownRows();
  const rowAbove = rows[rows.indexOf(firstLine[0].parentElement) - 1];
  if (rowAbove) fill(rowAbove, lines);
  else report('Không có dòng nào ở trên để lấy nội dung điền xuống.');
}

function refusalFor(cells) {
  const nameOf = ({field, label}) => headOf(field)?.textContent ?? label;
  const names = cells.map((cell) => `“${nameOf(cell.dataset)}”`);
  return `Không điền xuống được ở cột ${names.join(', ')}: mỗi người một giá trị riêng,`
    + ' cần gõ hoặc dán. Chỉ điền xuống được nơi thường trú, dân tộc, quốc tịch.';
}

function fill(sourceRow, lines) {
  const cells = lines.flat();
  const source = sourceRow.dataset.personId;
  const values = () => ({source, ...described(lines, sourceRow)});
  perform(`${tableUrl}/fill`, values, cells, {what: `điền ${cells.length} ô`});
}

function placeHandle() {
  const lines = editor.isEditing() || isCards() ? [] : selection.block();
  if (lines.length === 1 && lines[0].every(isFillable)) lines[0].at(-1).append(handle);
  else handle.remove();
}

function dragHandle(event) {
  event.preventDefault();
  event.stopPropagation();
  const [sourceLine] = selection.block();
  const sourceRow = sourceLine[0].parentElement;
  let lines = [];
  const toggleMarks = (isOn) => {
    for (const cell of lines.flat()) cell.classList.toggle('fill-to', isOn);
  };
  const onReach = (cell) => {
    const opposite = focusableCells(cell.parentElement)[columnOf(sourceLine.at(-1))];
    const covered = selection.rectangle(sourceLine[0], opposite);
    toggleMarks(false);
    lines = covered.filter(([first]) => first.parentElement !== sourceRow);
    toggleMarks(true);
  };
  const onEnd = (isDone) => {
    toggleMarks(false);
    if (!isDone || !lines.length) return;
    selectWith(sourceLine, lines);
    fill(sourceRow, lines);
  };
  selection.track(onReach, onEnd);
}

function selectWith(sourceLine, lines) {
  const isUpwards = lines[0][0].parentElement.rowIndex < sourceLine[0].parentElement.rowIndex;
  const [top, bottom] = isUpwards ? [lines[0], sourceLine] : [sourceLine, lines.at(-1)];
  selection.select(top[0], bottom.at(-1));
}

// Undo and redo

const undo = () => moveInHistory('undo', 'hoàn tác');
const redo = () => moveInHistory('redo', 'làm lại');

// What was undone is shown: the first of its cells becomes the active one.
async function moveInHistory(direction, what) {
  const isFocusInTable = table.contains(document.activeElement);
  editor.commit();
  if (direction === 'undo' && undoUnsaved(isFocusInTable)) return;
  const values = () => ({table: tableId});
  const url = `${root}/${direction}`;
  const {status, wasSent, touched} = await perform(url, values, [], {what, repeatable: false});
  const hasRowsChanged = reportBox.querySelector('[data-reload]') !== null;
  if (hasRowsChanged) return location.reload(); // somebody left or came back
  if (!status) report(withoutAnswer(what, wasSent));
  const [cell] = touched;
  if (cell && !cell.parentElement.hidden) editor.activate(cell, {focus: isFocusInTable});
}

function undoUnsaved(focus) {
  const cell = takeBack();
  if (!cell) return false;
  editor.refresh(cell);
  editor.activate(cell, {focus});
  report('Chưa có kết nối: đã bỏ chữ vừa gõ ở ô này, nội dung cũ được đặt lại.');
  return true;
}

function withoutAnswer(what, wasSent) {
  if (!wasSent) return `Chưa ${what}: không có kết nối tới máy chủ.`;
  return `Mất kết nối giữa chừng: hãy xem trong bảng bước vừa rồi đã ${what} chưa.`;
}

// After a report's button was pressed the focus is there: Ctrl+Z still means the last step in the
// table.
function onKeyOutside(event) {
  const {ctrlKey, metaKey, shiftKey, target} = event;
  if (!(ctrlKey || metaKey) || table.contains(target)) return;
  if (target.closest('input, textarea, select, dialog')) return;
  const key = event.key.toLowerCase();
  if (key !== 'z' && key !== 'y') return;
  event.preventDefault();
  if (key === 'y' || shiftKey) redo();
  else undo();
}

// Questions. No button has the focus at first: the Enter at the end of a scanned card, or one too
// many, must not be an answer.

function openQuestion() {
  if (!dialog.textContent.trim() || dialog.open) return;
  dialog.showModal();
  dialog.focus();
  dialog.scrollTop = 0; // the first button, below a long list, was in sight for a moment
}

function onQuestionClosed() {
  if (!dialog.returnValue) report('Chưa lưu gì vào bảng.');
  dialog.returnValue = '';
  dialog.replaceChildren();
  editor.focusAgain();
  queue.release();
}

function onClick(event) {
  const {target} = event;
  const answer = target.closest('[data-repost]');
  const stepButton = target.closest('#undo, #redo, [data-undo], [data-redo]');
  if (answer) {
    dialog.close('again');
    repeat(JSON.parse(answer.dataset.repost));
  } else if (stepButton) {
    event.preventDefault();
    if (stepButton.matches('#redo, [data-redo]')) redo();
    else undo();
  } else if (target.closest('#grid-ask [data-close]')) {
    dialog.close('');
  } else if (target.closest('#grid-report [data-dismiss]')) {
    closeReport();
  }
}

function start() {
  if (!mayEdit) return;
  dialog.tabIndex = -1;
  document.addEventListener('keydown', onKeyOutside);
  document.addEventListener('click', onClick);
  document.addEventListener('htmx:after:swap', openQuestion);
  dialog.addEventListener('close', onQuestionClosed);
  handle.addEventListener('pointerdown', dragHandle);
  table.addEventListener('selected', placeHandle);
  table.addEventListener('focusout', placeHandle);
}

export {clearSelected, fillDown, redo, report, start, undo};
