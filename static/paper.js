// The paper beside the record: zoom and turn the picture, copy the message, type the number
// blind.

const LARGEST = 4;
const STEP = 1.3;

// A turned picture keeps its place: its box is measured as it is seen, so that every corner can
// be scrolled to.
function place(picture, scale, turned) {
  const across = picture.parentElement.clientWidth * scale;
  const ratio = (picture.naturalHeight || 1) / (picture.naturalWidth || 1);
  const isLying = turned % 180 !== 0;
  const width = isLying ? across / ratio : across;
  const height = width * ratio;
  const moves = {
    90: `translateX(${height}px)`,
    180: `translate(${width}px, ${height}px)`,
    270: `translateY(${width}px)`,
  };
  picture.style.width = `${width}px`;
  picture.style.transform = turned ? `${moves[turned]} rotate(${turned}deg)` : '';
  picture.style.marginRight = isLying ? `${height - width}px` : '';
  picture.style.marginBottom = isLying ? `${width - height}px` : '';
}

function wireScan(figure) {
  let scale = 1;
  let turned = 0;
  const pictures = figure.querySelectorAll('img');
  const actions = {
    '+': () => {
      scale = Math.min(LARGEST, scale * STEP);
    },
    '-': () => {
      scale = Math.max(1, scale / STEP);
    },
    r: () => {
      turned = (turned + 90) % 360;
    },
  };
  const act = (key) => {
    actions[key]();
    for (const picture of pictures) place(picture, scale, turned);
  };
  figure.querySelector('.tools').hidden = false;
  figure.addEventListener('click', (event) => {
    const key = event.target.closest('[data-key]')?.dataset.key;
    if (key) act(key);
  });
  figure.addEventListener('keydown', (event) => {
    if (!event.target.matches('.sheet') || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key === '=' ? '+' : event.key.toLowerCase();
    if (!(key in actions)) return;
    event.preventDefault();
    act(key);
  });
}

function wireUpload(form) {
  form.addEventListener('change', () => {
    const fields = [...form.querySelectorAll('[type=file]')];
    const files = fields.flatMap((field) => [...field.files]);
    const isTooLarge = files.some((file) => file.size > form.dataset.most * 2 ** 20);
    form.querySelector('[data-too-large]').hidden = !isTooLarge;
    form.querySelector('button').disabled = isTooLarge;
  });
}

function wireCopy(button) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy);
    const message = button.parentElement.querySelector('[data-copied]');
    text.select();
    const isCopied = await copy(text.value);
    message.textContent = isCopied
      ? 'Đã chép. Mở Zalo và dán vào tin nhắn.'
      : 'Chưa chép được: hãy bấm Ctrl+C, trên điện thoại giữ vào tin nhắn rồi chọn sao chép.';
  });
}

async function copy(text) {
  // A school's network without https has no navigator.clipboard; there the selected text is
  // copied.
  if (!navigator.clipboard) return document.execCommand('copy');
  return navigator.clipboard.writeText(text).then(() => true, () => false);
}

// Only what such a paper bears is compared; a residence that was changed stays in sight, else it
// would be saved unseen.
function wireCompare(form) {
  const kind = form.querySelector('[name=evidence]');
  const show = () => {
    const chosen = kind.selectedOptions[0];
    const isWithout = 'withoutResidence' in chosen.dataset;
    for (const part of form.querySelectorAll('[data-residence]')) {
      const input = part.querySelector('.input');
      part.hidden = isWithout && (!input || input.value === input.defaultValue);
    }
    for (const item of form.querySelectorAll('[data-of-notice]')) {
      item.hidden = chosen.value !== 'notice';
    }
  };
  kind.addEventListener('change', show);
  show();
}

document.querySelectorAll('[data-compare]').forEach(wireCompare);
document.querySelectorAll('[data-scan]').forEach(wireScan);
document.querySelectorAll('[data-most]').forEach(wireUpload);
document.querySelectorAll('[data-copy]').forEach(wireCopy);

// The second time is typed from the paper, not copied from the first.
for (const field of document.querySelectorAll('[data-blind]')) {
  field.addEventListener('paste', (event) => event.preventDefault());
}
