// The paper beside the record: zoom and turn the picture, copy the message, type the number blind.

// A turned picture keeps its place: its box is measured as it is seen, so that every corner can be scrolled to.
function place(picture, scale, turned) {
  const across = picture.parentElement.clientWidth * scale;
  const ratio = (picture.naturalHeight || 1) / (picture.naturalWidth || 1);
  const lying = turned % 180 !== 0;
  const width = lying ? across / ratio : across, height = width * ratio;
  const moved = { 0: '', 90: `translateX(${height}px) `, 180: `translate(${width}px, ${height}px) `, 270: `translateY(${width}px) ` };
  picture.style.width = `${width}px`;
  picture.style.transform = turned ? `${moved[turned]}rotate(${turned}deg)` : '';
  picture.style.marginRight = lying ? `${height - width}px` : '';
  picture.style.marginBottom = lying ? `${width - height}px` : '';
}

for (const figure of document.querySelectorAll('[data-scan]')) {
  let scale = 1, turned = 0;
  const pictures = figure.querySelectorAll('img');
  const draw = () => pictures.forEach((picture) => place(picture, scale, turned));
  const deeds = {
    '+': () => { scale = Math.min(4, scale * 1.3); },
    '-': () => { scale = Math.max(1, scale / 1.3); },
    r: () => { turned = (turned + 90) % 360; },
  };
  const act = (key) => { deeds[key](); draw(); };
  figure.querySelector('.tools').hidden = false;
  figure.addEventListener('click', (event) => {
    const key = event.target.closest('[data-key]')?.dataset.key;
    if (key) act(key);
  });
  figure.addEventListener('keydown', (event) => {
    const key = event.key === '=' ? '+' : event.key.toLowerCase();
    if (!event.target.matches('.sheet') || event.ctrlKey || event.altKey || event.metaKey || !(key in deeds)) return;
    event.preventDefault();
    act(key);
  });
}

for (const form of document.querySelectorAll('[data-most]')) {
  form.addEventListener('change', () => {
    const files = [...form.querySelectorAll('[type=file]')].flatMap((field) => [...field.files]);
    const tooLarge = files.some((file) => file.size > form.dataset.most * 2 ** 20);
    form.querySelector('[data-too-large]').hidden = !tooLarge;
    form.querySelector('button').disabled = tooLarge;
  });
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector('[data-copied]');
    text.select();
    // a school's network without https has no navigator.clipboard
    const done = navigator.clipboard ? await navigator.clipboard.writeText(text.value).then(() => true, () => false) : document.execCommand('copy');
    said.textContent = done ? 'Đã chép. Mở Zalo và dán vào tin nhắn.' : 'Chưa chép được: hãy bấm Ctrl+C.';
  });
}

// The second time is typed from the paper, not copied from the first.
for (const field of document.querySelectorAll('[data-blind]')) field.addEventListener('paste', (event) => event.preventDefault());
