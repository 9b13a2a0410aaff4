// Pages that draw themselves anew or save row by row say when the server does not answer, and
// take it back when it does.

const BROKEN = 'Máy chủ gặp trục trặc nên chưa làm được. Những gì đã lưu vẫn còn;'
  + ' hãy thử lại sau ít phút.';
const box = document.querySelector('#lost-contact');

function say(sentence) {
  box.textContent = sentence;
  box.hidden = !sentence;
}

document.addEventListener('htmx:error', () => {
  if (!box.hidden) return; // since when is said already
  const time = new Date().toLocaleTimeString('vi-VN');
  say(`Mất liên lạc với máy chủ lúc ${time}. Những gì trên trang là của lúc trước;`
    + ' việc vừa làm có thể chưa được lưu.');
});

document.addEventListener('htmx:after:request', (event) => {
  const isBroken = event.detail.ctx.response.status >= 500;
  say(isBroken ? BROKEN : '');
});
