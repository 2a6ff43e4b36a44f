// Makes elements. Text always goes through textContent: what is shown was written by whoever called the sandbox.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter(c => c !== null && c !== undefined && c !== ''));
  return node;
}

export const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
export const exact = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
export const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
export const pretty = value => { try { return JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value, null, 2); } catch { return value; } };
export const phone = contact => /^\d+$/.test(contact) ? '+' + contact.replace(/^(91)(\d{5})(\d{5})$/, '$1 $2 $3').replace(/^(1)(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3 $4') : contact;

export function ticks(status) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 18 12');
  svg.setAttribute('width', '18');
  svg.setAttribute('height', '12');
  for (const d of status === 'sent' ? ['M5 6.5 8.500 10 15 2'] : ['M1 6.500 4.500 10 11 2', 'M7.500 9 8.500 10 15 2']) {
    const path = document.createElementNS(ns, 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', 'none');
    path.setAttribute('stroke', 'currentColor');
    path.setAttribute('stroke-width', '1.6');
    path.setAttribute('stroke-linecap', 'round');
    path.setAttribute('stroke-linejoin', 'round');
    svg.append(path);
  }
  const holder = el('span', { class: `ticks ${status}`, title: status, role: 'img', 'aria-label': status });
  holder.append(svg);
  return holder;
}

export const span = (name, text) => el('span', { class: name }, text);
export const facts = pairs => el('dl', { class: 'facts' }, ...pairs.filter(p => p[1]).flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]));
export const none = text => el('p', { class: 'empty' }, text);
