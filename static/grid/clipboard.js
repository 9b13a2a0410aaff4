// Copying and pasting as between two Excel windows. A block goes to the server as it came from the clipboard, in one
// request; nothing is drawn before the answer. Copied numbers stay text in Excel, LibreOffice and Google Sheets.

import {isEditable, mayEdit, rows, stops, table} from './cells.js';
import * as editor from './editor.js';
import {newestText} from './saving.js';
import * as selection from './selection.js';
import {base, described, idsOf, perform, report, textsSeen} from './steps.js';

const isHere = () => editor.active && [editor.input, editor.active].includes(document.activeElement);
const textOf = (cell) => selection.isField(cell) ? newestText(cell) ?? '' : cell.textContent.trim();

// copy

function copy(event) {
  if (!isHere() || editor.isEditing()) return;
  event.preventDefault();
  const lines = selection.block().map((line) => line.map(textOf));
  event.clipboardData.setData('text/plain', lines.map((line) => line.map(quoted).join('\t')).join('\r\n'));
  event.clipboardData.setData('text/html', htmlOf(lines));
  if (event.type === 'cut') report('Đã sao chép. Bảng này không cắt ô đi: muốn xóa nội dung thì bấm Delete.');
}

const quoted = (text) => /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function htmlOf(lines) {
  const cell = (text) => `<td style='mso-number-format:"\\@"' sdnum="1033;0;@" data-sheets-value="${escaped(JSON.stringify({1: 2, 2: text}))}">${escaped(text)}</td>`;
  return `<meta charset="utf-8"><table>${lines.map((line) => `<tr>${line.map(cell).join('')}</tr>`).join('')}</table>`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// paste

function paste(event) {
  if (!isHere() || !mayEdit) return;
  const {clipboardData: board} = event;
  const text = textOn(board), one = text.replace(/\n$/, '');
  const isBlock = /[\t\n]/.test(one);
  if (editor.isEditing() && !isBlock) return; // at the caret, by the browser
  event.preventDefault();
  if (!text) return report('Không có chữ nào để dán.');
  if (isBlock || selection.isMany()) pasteBlock(one);
  else if (!isEditable(editor.active)) report('Ô này không dán vào được.');
  else if (readCard(editor.active, one)) return;
  else if (mayGetWorse(editor.active)) pasteBlock(one);
  else editor.put(editor.active, one);
}

// The server asks before a good value gives way to a worse one. An address has no rule: nothing is worse there.
function mayGetWorse(cell) {
  return cell.dataset.field !== 'address' && cell.dataset.problem !== 'error' && newestText(cell) !== '';
}

function textOn(board) {
  const plain = board.getData('text/plain').replace(/\r\n?/g, '\n');
  const html = board.getData('text/html');
  if (plain && !TEXT_PROGRAMS.test(html)) return plain;
  const {body} = new DOMParser().parseFromString(html, 'text/html');
  // without a blank at their ends the words of two paragraphs grow together
  for (const edge of body.querySelectorAll('p, br, div, li')) edge.after(' ');
  return plain && !isTornTable(body, plain) ? plain : inHtml(body);
}

// Word, Google Docs and Writer put a line break inside a cell on a line of its own: one pupil becomes two lines. Their
// HTML knows better, where it is nothing but one table. Spreadsheets quote such cells.
const TEXT_PROGRAMS = /office:word|docs-internal-guid|content="LibreOffice/;

function isTornTable(body, plain) {
  const [table, another] = body.querySelectorAll('table');
  if (!table || another || body.querySelector('[rowspan]:not([rowspan="1"])')) return false;
  const lines = linesOf(plain.replace(/\n$/, ''));
  return wordsOf(body) === wordsOf(table) && lines.length > table.rows.length;
}

const wordsOf = (node) => node.textContent.replace(/\s+/g, ' ').trim();

// A cell in quotes may hold line breaks: each becomes an x.
const linesOf = (tsv) => tsv.replace(/(^|[\t\n])"(?:[^"]|"")*"(?=[\t\n]|$)/g, '$1x').split('\n');

// Some programs put nothing else there.
function inHtml(body) {
  const lines = [...body.querySelectorAll('tr')];
  if (!lines.length) return wordsOf(body);
  const textsOf = (cell) => [quoted(wordsOf(cell)), ...Array(cell.colSpan - 1).fill('')];
  return lines.map(({cells}) => [...cells].flatMap(textsOf).join('\t')).join('\n');
}

async function pasteBlock(tsv) {
  editor.commit();
  const chosen = selection.block(), many = selection.isMany(), anchor = chosen[0].find(selection.isField);
  if (!anchor) return report('Ô này không dán vào được.');
  const hit = many && !/[\t\n]/.test(tsv) ? chosen : reached(anchor, tsv), cells = hit.flat().filter(isEditable);
  cells.forEach((cell) => cell.classList.add('pasting'));
  const {status, touched} = await perform(`${base}/paste`, () => ({
    anchor_person: anchor.parentElement.dataset.personId, anchor_field: anchor.dataset.field, tsv, match: 'auto',
    rows: idsOf(rows()), seen: textsSeen(rows()), ...(many ? {selection: selectionOf(chosen)} : {}),
  }), cells, {what: `dán ${cells.length} ô`});
  cells.forEach((cell) => cell.classList.remove('pasting'));
  if (status === 200 && !many && editor.active === anchor) showPasted(hit, touched);
}

// As Excel does, the pasted block is selected afterwards; a column that only said whose line it is was not pasted.
function showPasted(hit, touched) {
  const columns = touched.filter((cell) => hit.flat().includes(cell)).map(selection.column);
  if (columns.length) selection.select(stops(hit[0][0].parentElement)[Math.min(...columns)], stops(hit.at(-1)[0].parentElement)[Math.max(...columns)]);
}

function selectionOf(lines) {
  const {rows: ids, fields} = described(lines);
  return `{"rows": ${ids}, "fields": ${fields}}`;
}

// The cells a block would cover by position, as far as there are cells.
function reached(anchor, tsv) {
  const lines = linesOf(tsv);
  const width = Math.max(...lines.map((line) => line.split('\t').length)), all = rows();
  const top = all.indexOf(anchor.parentElement), left = selection.column(anchor);
  return all.slice(top, top + lines.length).map((row) => stops(row).slice(left, left + width).filter(selection.isField));
}

// The text of a card's QR code, from a scanner or pasted into the number: it fills the row, after a question.
function readCard(cell, text) {
  if (cell.dataset.field !== 'identity_number' || !/\||^\s*'?\d{12}\s*[¦｜│~;]/.test(text)) return false;
  const row = cell.parentElement;
  perform(`/people/${row.dataset.personId}/card`, () => ({
    text, seen: JSON.stringify(Object.values(JSON.parse(textsSeen([row])))[0]),
  }), [], {what: 'đọc thẻ'});
  return true;
}

// delete

export function clearSelected() {
  const lines = selection.block().map((line) => line.filter(isEditable)), cells = lines.flat();
  if (!cells.some((cell) => newestText(cell))) return;
  if (cells.length === 1) return editor.put(cells[0], '');
  perform(`${base}/clear`, () => described(lines), cells, {what: `xóa ${cells.length} ô`});
}

export function start() {
  for (const name of ['copy', 'cut']) document.addEventListener(name, copy);
  if (!mayEdit) return;
  document.addEventListener('paste', paste);
  editor.onCommit(readCard);
}
