// Copying and pasting as between two Excel windows. A block goes to the server as it came from
// the clipboard, in one request; nothing is drawn before the answer. Copied numbers stay text in
// Excel, LibreOffice and Google Sheets.

import {parseHtml, root} from '../elements.js';
import {described, idsOf, perform, textsOf, textsSeen} from './bulk_request.js';
import {
  columnOf, focusableCells, isEditable, isField, mayEdit, personOf, shownRows, tableUrl,
} from './cells.js';
import * as editor from './editor.js';
import {report} from './grid_actions.js';
import {newestText} from './saving.js';
import * as selection from './selection.js';

// Word, Google Docs and Writer put a line break inside a cell on a line of its own: one pupil
// becomes two lines. Their HTML knows better, where it is nothing but one table. Spreadsheets
// quote such cells.
const TEXT_PROGRAMS = /office:word|docs-internal-guid|content="LibreOffice/;
const CARD = /\||^\s*'?\d{12}\s*[¦｜│~;]/;
const QUOTED_CELL = /(^|[\t\n])"(?:[^"]|"")*"(?=[\t\n]|$)/g;
const NO_PLACE = 'Ô này không dán vào được.';

function isInTable() {
  const cell = editor.activeCell();
  return cell && [editor.input, cell].includes(document.activeElement);
}

// Copying

function copy(event) {
  if (!isInTable() || editor.isEditing()) return;
  event.preventDefault();
  const lines = selection.block().map((line) => line.map(textOf));
  event.clipboardData.setData('text/plain', tsvOf(lines));
  event.clipboardData.setData('text/html', htmlOf(lines));
  if (event.type !== 'cut') return;
  report('Đã sao chép. Bảng này không cắt ô đi: muốn xóa nội dung thì bấm Delete.');
}

const textOf = (cell) => isField(cell) ? newestText(cell) ?? '' : cell.textContent.trim();
const tsvOf = (lines) => lines.map((line) => line.map(quoted).join('\t')).join('\r\n');

function quoted(text) {
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function htmlOf(lines) {
  const rows = lines.map((line) => `<tr>${line.map(htmlCell).join('')}</tr>`);
  return `<meta charset="utf-8"><table>${rows.join('')}</table>`;
}

// Each of the three programs has its own way to be told that this is text, not a number.
function htmlCell(text) {
  const excel = `style='mso-number-format:"\\@"'`;
  const libreOffice = 'sdnum="1033;0;@"';
  const google = `data-sheets-value="${escaped(JSON.stringify({1: 2, 2: text}))}"`;
  return `<td ${excel} ${libreOffice} ${google}>${escaped(text)}</td>`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// Pasting

function paste(event) {
  if (!isInTable() || !mayEdit) return;
  const text = textOn(event.clipboardData);
  const withoutLastBreak = text.replace(/\n$/, '');
  const isBlock = /[\t\n]/.test(withoutLastBreak);
  if (editor.isEditing() && !isBlock) return; // at the caret, by the browser
  event.preventDefault();
  if (!text) return report('Không có chữ nào để dán.');
  if (isBlock || selection.isMany()) pasteBlock(withoutLastBreak);
  else pasteText(editor.activeCell(), withoutLastBreak);
}

function pasteText(cell, text) {
  if (!isEditable(cell)) return report(NO_PLACE);
  if (readCard(cell, text)) return;
  if (mayGetWorse(cell)) pasteBlock(text);
  else editor.put(cell, text);
}

// The server asks before a good value gives way to a worse one. An address has no rule: nothing
// is worse there.
function mayGetWorse(cell) {
  const {field, problem} = cell.dataset;
  return field !== 'address' && problem !== 'error' && newestText(cell) !== '';
}

function textOn(clipboardData) {
  const plain = clipboardData.getData('text/plain').replace(/\r\n?/g, '\n');
  const html = clipboardData.getData('text/html');
  if (plain && !TEXT_PROGRAMS.test(html)) return plain;
  const body = parseHtml(html);
  // Without a blank at their ends the words of two paragraphs grow together.
  for (const piece of body.querySelectorAll('p, br, div, li')) piece.after(' ');
  return plain && !isTornTable(body, plain) ? plain : textOfHtml(body);
}

function isTornTable(body, plain) {
  const [table, another] = body.querySelectorAll('table');
  if (!table || another || body.querySelector('[rowspan]:not([rowspan="1"])')) return false;
  const lines = linesOf(plain.replace(/\n$/, ''));
  return wordsOf(body) === wordsOf(table) && lines.length > table.rows.length;
}

// Some programs put nothing else on the clipboard.
function textOfHtml(body) {
  const rows = [...body.querySelectorAll('tr')];
  if (!rows.length) return wordsOf(body);
  const textsIn = (cell) => [quoted(wordsOf(cell)), ...Array(cell.colSpan - 1).fill('')];
  return rows.map(({cells}) => [...cells].flatMap(textsIn).join('\t')).join('\n');
}

const wordsOf = (node) => node.textContent.replace(/\s+/g, ' ').trim();

// A cell in quotes may hold line breaks: each becomes an x.
const linesOf = (tsv) => tsv.replace(QUOTED_CELL, '$1x').split('\n');

async function pasteBlock(tsv) {
  editor.commit();
  const lines = selection.block();
  const isSelection = selection.isMany();
  const anchor = lines[0].find(isField);
  if (!anchor) return report(NO_PLACE);
  const isOneText = !/[\t\n]/.test(tsv);
  const target = isSelection && isOneText ? lines : coveredBy(tsv, anchor);
  const cells = target.flat().filter(isEditable);
  const values = () => ({
    anchor_person: personOf(anchor),
    anchor_field: anchor.dataset.field,
    tsv,
    match: 'auto',
    rows: idsOf(shownRows()),
    seen: textsSeen(shownRows()),
    ...(isSelection ? {selection: selectionOf(lines)} : {}),
  });
  cells.forEach((cell) => cell.classList.add('pasting'));
  const what = `dán ${cells.length} ô`;
  const {status, touched} = await perform(`${tableUrl}/paste`, values, cells, {what});
  cells.forEach((cell) => cell.classList.remove('pasting'));
  const isStillThere = editor.activeCell() === anchor;
  if (status === 200 && !isSelection && isStillThere) selectPasted(target, touched);
}

// As Excel does, the pasted block is selected afterwards; a column that only said whose line it
// is was not pasted.
function selectPasted(target, touched) {
  const pasted = target.flat().filter((cell) => touched.includes(cell));
  if (!pasted.length) return;
  const columns = pasted.map(columnOf);
  const topRow = focusableCells(target[0][0].parentElement);
  const bottomRow = focusableCells(target.at(-1)[0].parentElement);
  selection.select(topRow[Math.min(...columns)], bottomRow[Math.max(...columns)]);
}

function selectionOf(lines) {
  const {rows, fields} = described(lines);
  return `{"rows": ${rows}, "fields": ${fields}}`;
}

// The cells a block would cover by position, as far as there are cells.
function coveredBy(tsv, anchor) {
  const lines = linesOf(tsv);
  const width = Math.max(...lines.map((line) => line.split('\t').length));
  const rows = shownRows();
  const top = rows.indexOf(anchor.parentElement);
  const left = columnOf(anchor);
  const cellsOf = (row) => focusableCells(row).slice(left, left + width).filter(isField);
  return rows.slice(top, top + lines.length).map(cellsOf);
}

// The text of a card's QR code, from a scanner or pasted into the number: it fills the row, after
// a question. Returns whether it was one.
function readCard(cell, text) {
  if (cell.dataset.field !== 'identity_number' || !CARD.test(text)) return false;
  const values = () => ({text, seen: JSON.stringify(textsOf(cell.parentElement))});
  perform(`${root}/people/${personOf(cell)}/card`, values, [], {what: 'đọc thẻ'});
  return true;
}

function start() {
  for (const name of ['copy', 'cut']) document.addEventListener(name, copy);
  if (!mayEdit) return;
  document.addEventListener('paste', paste);
  editor.setInterceptor(readCard);
}

export {start};
