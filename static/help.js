// `?` shows the keys, on every page and never while somebody types. What it shows is the guide
// "Phím tắt", so the two cannot differ; without a table on the page only its first part.

import {button, element, parseHtml, root} from './elements.js';

const ADDRESS = `${root}/help/phim-tat`;
const UNREACHABLE = 'Chưa mở được danh sách phím: không có kết nối tới máy chủ của trường.';
const TYPING = 'input:not(.cell-input), textarea, select, [contenteditable], [data-editing]';

const title = element('h2', {textContent: 'Phím tắt', id: 'keys-title'});
const body = element('div', {className: 'key-tables'});
const dialog = element('dialog', {className: 'ask keys-box'});

function build() {
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.append(title, body, button('Đóng', () => dialog.close()));
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
}

async function open() {
  if (!dialog.isConnected) build();
  dialog.showModal();
  if (!body.childElementCount) body.replaceChildren(...await keys());
}

async function keys() {
  try {
    const answer = await fetch(ADDRESS, {headers: {'HX-Request': 'true'}});
    if (answer.ok) return sections(await answer.text());
  } catch { /* the network is down */ }
  return [UNREACHABLE];
}

function sections(html) {
  const all = [...parseHtml(html).children].filter((section) => section.id);
  const hasTable = document.querySelector('table[role=grid]');
  return hasTable ? all : all.slice(0, 1);
}

document.addEventListener('keydown', (event) => {
  if (event.key !== '?' || event.ctrlKey || event.altKey || event.metaKey) return;
  // In a table the keyboard is in an input also while it only moves from cell to cell.
  if (event.isComposing || event.target.closest(TYPING)) return;
  if (document.querySelector('dialog[open]')) return;
  event.preventDefault();
  open();
});
