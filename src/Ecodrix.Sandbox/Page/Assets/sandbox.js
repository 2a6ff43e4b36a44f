// The page re-reads the state whenever the sandbox says that something changed, and draws it anew.
import { clock, day, el, exact, facts, none, phone, pretty, span, ticks } from './dom.js';

const base = document.documentElement.dataset.base;
const $ = id => document.getElementById(id);
const open = new Set();
let state = null;
let chosen = null;
let started = [];

async function call(method, path, body) {
  const response = await fetch(`${base}/api/${path}`, {
    method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    toast(answer.error ?? `The sandbox answered ${response.status}.`);
    throw new Error(answer.error);
  }
  return answer;
}

let toastTimer;
function toast(text) {
  $('toast').textContent = text;
  $('toast').classList.add('on');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $('toast').classList.remove('on'), 4000);
}

// --- conversations ---------------------------------------------------------------------------------------------------

function conversations() {
  const all = new Map();
  const of = (number, contact) => {
    const key = `${number}/${contact}`;
    if (!all.has(key)) all.set(key, { key, number, contact, name: null, items: [] });
    return all.get(key);
  };
  for (const s of started) of(s.number, s.contact);
  for (const m of state.messages) of(m.phoneNumberId, m.contact).items.push({ at: m.acceptedAt, out: m });
  for (const m of state.inbound) {
    const conversation = of(m.phoneNumberId, m.from);
    conversation.name = m.name ?? conversation.name;
    conversation.items.push({ at: m.at, in: m });
  }
  const list = [...all.values()];
  for (const c of list) c.items.sort((a, b) => a.at < b.at ? -1 : 1);
  return list.sort((a, b) => (b.items.at(-1)?.at ?? '9') < (a.items.at(-1)?.at ?? '9') ? -1 : 1);
}

function last(item) {
  if (!item) return 'No messages yet';
  if (item.in) return item.in.type === 'text' ? item.in.content.body : `(${item.in.type})`;
  const s = item.out.shown ?? {};
  return (s.body ?? s.header ?? `(${item.out.type})`).replace(/\s+/g, ' ');
}

function drawPeople(list) {
  $('people').replaceChildren(...list.map(c => {
    const item = c.items.at(-1);
    const failed = item?.out?.statuses.some(s => s.status === 'failed');
    return el('li', {}, el('button', { type: 'button', 'aria-current': c.key === chosen ? 'true' : 'false', onclick: () => { chosen = c.key; draw(); } },
      el('span', { class: 'avatar', 'aria-hidden': 'true' }, (c.name ?? c.contact).slice(c.name ? 0 : -2, c.name ? 2 : undefined).toUpperCase()),
      el('span', { class: 'who' }, c.name ?? phone(c.contact)),
      el('span', { class: 'when' }, item ? clock.format(new Date(item.at)) : ''),
      el('span', { class: failed ? 'last bad' : 'last' }, (failed ? 'Failed: ' : '') + last(item))));
  }));
  if (!list.length) $('people').append(el('li', { class: 'empty' }, 'Nobody yet. Send a message through the Graph API, or write as a customer.'));
}

const rank = ['sent', 'delivered', 'read'];
function standing(m) {
  const failed = m.statuses.find(s => s.status === 'failed');
  if (failed) return { name: 'failed', failed };
  const best = Math.max(-1, ...m.statuses.map(s => rank.indexOf(s.status)));
  return { name: best < 0 ? 'accepted' : rank[best] };
}

function answerTo(m, button) {
  const about = { from: '+' + m.contact, phoneNumberId: m.phoneNumberId, replyTo: m.id };
  if (!/^\d+$/.test(m.contact)) about.from = m.contact;
  if (button.kind === 'location') return { ...about, type: 'location' };
  if (button.kind === 'quick_reply') return { ...about, type: 'button', content: { payload: button.id, text: button.text } };
  const kind = button.kind === 'row' ? 'list_reply' : 'button_reply';
  return { ...about, type: 'interactive', content: { type: kind, [kind]: { id: button.id, title: button.text } } };
}

function bubbleOut(m) {
  const shown = m.shown ?? {};
  const { name, failed } = standing(m);
  const buttons = (shown.buttons ?? []).map(b => b.kind === 'url'
    ? el('a', { href: /^https?:/.test(b.url ?? '') ? b.url : null, target: '_blank', rel: 'noreferrer' }, `↗ ${b.text}`)
    : el('button', {
      type: 'button', disabled: !b.id && b.kind !== 'location',
      onclick: () => call('POST', 'inbound', answerTo(m, b)),
    }, b.kind === 'quick_reply' || b.kind === 'reply' ? `↩ ${b.text}` : b.text));
  return el('div', { class: failed ? 'bubble failed' : 'bubble' },
    shown.template ? el('div', { class: 'tag' }, shown.template) : null,
    shown.media ? el('div', { class: 'media' }, shown.media) : null,
    shown.header ? el('div', { class: 'head' }, shown.header) : null,
    shown.body ? el('div', { class: 'text' }, shown.body) : null,
    shown.footer ? el('div', { class: 'foot' }, shown.footer) : null,
    el('div', { class: 'meta', title: m.statuses.map(s => `${s.status} ${exact.format(new Date(s.at))}`).join('\n') },
      span('at', clock.format(new Date(m.acceptedAt))), name === 'failed' || name === 'accepted' ? span('', name) : ticks(name)),
    failed ? el('div', { class: 'reason' }, `${failed.errorText ?? 'Failed'} (${failed.errorCode})`) : null,
    buttons.length ? el('div', { class: 'buttons' }, ...buttons) : null);
}

function bubbleIn(m) {
  const c = m.content;
  const words = m.type === 'text' ? c.body
    : m.type === 'button' ? c.text
    : m.type === 'interactive' ? (c.button_reply ?? c.list_reply ?? {}).title ?? c.type
    : m.type === 'reaction' ? `Reacted ${c.emoji ?? '(removed)'}`
    : m.type === 'location' ? `${c.name ?? 'Location'} · ${c.latitude}, ${c.longitude}`
    : m.type === 'contacts' ? c.map(x => x.name?.formatted_name).join(', ')
    : c.caption ?? c.filename ?? '';
  const media = ['image', 'video', 'audio', 'document', 'sticker'].includes(m.type);
  return el('div', { class: 'bubble mine' },
    media ? el('div', { class: 'media' }, m.type) : null,
    words ? el('div', { class: 'text' }, words) : m.type === 'unsupported' ? el('div', { class: 'text' }, '(unsupported message)') : null,
    el('div', { class: 'meta' }, clock.format(new Date(m.at))));
}

function drawPhone(conversation) {
  const number = state.numbers.find(n => n.id === conversation?.number) ?? state.numbers[0];
  $('phone-top').replaceChildren(
    el('span', { class: 'avatar', 'aria-hidden': 'true' }, (number?.verifiedName ?? '?').slice(0, 2).toUpperCase()),
    el('div', {}, el('strong', {}, number?.verifiedName ?? 'Business'), el('span', {}, number?.displayPhoneNumber ?? '')));
  const thread = $('thread');
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60 || thread.dataset.of !== conversation?.key;
  thread.dataset.of = conversation?.key ?? '';
  const nodes = [];
  let shownDay = '';
  for (const item of conversation?.items ?? []) {
    const today = day.format(new Date(item.at));
    if (today !== shownDay) nodes.push(el('div', { class: 'day' }, shownDay = today));
    nodes.push(item.out ? bubbleOut(item.out) : bubbleIn(item.in));
  }
  if (!nodes.length) nodes.push(el('div', { class: 'empty' }, conversation ? 'Type below to write to the business.' : 'Choose a conversation.'));
  thread.replaceChildren(...nodes);
  if (atEnd) thread.scrollTop = thread.scrollHeight;
  $('composer').hidden = !conversation;
}

// --- lists -----------------------------------------------------------------------------------------------------------

function entry(kind, key, head, ...body) {
  const details = el('details', { class: kind, open: open.has(key) }, el('summary', {}, ...head));
  const fill = () => { if (details.childElementCount === 1) details.append(...body.flatMap(make => make())); };
  if (details.open) fill();
  details.addEventListener('toggle', () => {
    if (details.open) { open.add(key); fill(); } else { open.delete(key); }
  });
  return details;
}

function refusal(r) {
  return entry('req', `refused-${r.number}`,
    [span('t', exact.format(new Date(r.at))), span('k', 'refused'), span('d', `${r.to ? phone(r.to.replace(/^\+/, '')) : ''}  ${r.message}`), span('state bad', r.code)],
    () => [facts([['Phone number id', r.phoneNumberId], ['Code', r.code], ['Message', r.message], ['Details', r.details]]), el('pre', {}, pretty(r.body))]);
}

function drawRequests() {
  const all = [...state.messages.map(m => ({ at: m.acceptedAt, m })), ...state.refused.map(r => ({ at: r.at, r }))];
  const nodes = all.sort((a, b) => a.at < b.at ? 1 : -1).slice(0, 100).map(({ m, r }) => {
    if (r) return refusal(r);
    const { name } = standing(m);
    return entry('req', m.id,
      [span('t', exact.format(new Date(m.acceptedAt))), span('k', m.type), span('d', `${phone(m.contact)}  ${m.shown?.template ?? m.shown?.body ?? ''}`),
        span(`state ${name === 'failed' ? 'bad' : name === 'read' || name === 'delivered' ? 'good' : ''}`, name)],
      () => [facts([['Id', m.id], ['Number', m.phoneNumberId], ['Reference', m.opaqueData], ['Version', m.version],
        ['Statuses', m.statuses.map(s => `${s.status} ${exact.format(new Date(s.at))}`).join(' · ')]]), el('pre', {}, pretty(m.request))]);
  });
  $('requests').replaceChildren(...(nodes.length ? nodes : [none('No message was sent yet. Point the product at ' + location.origin + base + '/graph.')]));
}

function verdict(title, v) {
  return el('div', { class: `verdict ${v.outcome}` }, el('b', {}, `${title}: ${v.outcome}. `), v.reason);
}

function drawCallbacks() {
  const nodes = [...state.callbacks].reverse().map(c => {
    const outcomes = [c.signature.outcome, c.standardWebhooks.outcome];
    const worst = outcomes.includes('invalid') ? 'invalid' : outcomes.includes('valid') ? 'valid' : c.signature.outcome;
    return entry('call', `callback-${c.id}`,
      [span('t', exact.format(new Date(c.at))), span('k', c.name), span('d', c.body.slice(0, 160)),
        span(`state ${worst === 'valid' ? 'good' : worst === 'invalid' ? 'bad' : ''}`, `${worst} · ${c.answeredWith}`)],
      () => [verdict('x-ecodrix-signature', c.signature), verdict('Standard Webhooks', c.standardWebhooks),
        el('pre', {}, pretty(c.body)), facts(Object.entries(c.headers))]);
  });
  $('caught').replaceChildren(...(nodes.length ? nodes : [none('No callback has arrived yet.')]));
}

function drawMails() {
  $('mail-ports').textContent = `127.0.0.1:${state.mail.port} (STARTTLS) and :${state.mail.tlsPort} (TLS)`;
  const nodes = [...state.mails].reverse().map(m => entry('mail', `mail-${m.number}`,
    [span('t', exact.format(new Date(m.at))), span('state good', m.to), span('d', m.subject)],
    () => {
      // Written by whoever called: shown in a frame without scripts or an origin.
      const frame = el('iframe', { class: 'mail-body', sandbox: '', title: m.subject });
      frame.srcdoc = m.html ?? '';
      return [facts([['From', m.from], ['To', m.to], ['Message-ID', m.messageId], ['Signed in', m.user], ['Encrypted', m.encrypted ? 'yes' : 'no']]),
        m.html ? frame : null, el('pre', {}, m.text ?? '')].filter(Boolean);
    }));
  $('mails').replaceChildren(...(nodes.length ? nodes : [none('No mail has arrived yet.')]));
}

function drawCalendar() {
  const google = state.google;
  $('google-state').textContent = `Stands in for Google Calendar: ${google.consents} consents hold, ${google.withdrawn} were withdrawn; ${google.accessTokens} access tokens are good, ${google.refreshes} were fetched anew.`;
  fill($('google'), google.next);
  const nodes = [...google.events].reverse().map(e => entry('event', `event-${e.id}`,
    [span('t', exact.format(new Date(e.at))), span(`state ${e.deleted ? 'bad' : 'good'}`, e.deleted ? 'deleted' : 'stands'), span('d', `${e.summary} · ${e.start}`)],
    () => [facts([['Id', e.id], ['Begins', e.start], ['Invited', e.attendee], ['Told of the deletion', e.told]]), el('pre', {}, pretty(e.request))]));
  $('events').replaceChildren(...(nodes.length ? nodes : [none('No event was made yet. Connect Google for a client, then fire a trigger with requiresMeet.')]));
}

function drawWebhooks() {
  const nodes = [...state.webhooks].reverse().map(w => entry('hook', `webhook-${w.at}-${w.attempt}`,
    [span('t', exact.format(new Date(w.at))), span(`state ${w.status === 200 ? 'good' : 'bad'}`, w.status ?? '—'),
      span('d', w.error ?? w.url), span('t', `${w.attempt > 1 ? `try ${w.attempt} · ` : ''}${Math.round(w.milliseconds)} ms`)],
    () => [facts([['Address', w.url], ['Error', w.error]]), el('pre', {}, pretty(w.body))]));
  $('webhooks').replaceChildren(...(nodes.length ? nodes
    : [none(state.webhook.url || state.numbers.some(n => n.webhookUrl) ? 'No webhook was posted yet.' : 'No webhook address is set: see Settings.')]));
}

function drawNumbers() {
  $('numbers').replaceChildren(el('table', {},
    el('thead', {}, el('tr', {}, ...['Number', 'Phone number id', 'Webhooks go to'].map(t => el('th', { scope: 'col' }, t)))),
    el('tbody', {}, ...state.numbers.map(n => el('tr', {},
      el('td', {}, n.displayPhoneNumber), el('td', {}, n.id), el('td', {}, n.webhookUrl || 'nowhere'))))));
}

function fill(form, values) {
  if (form.contains(document.activeElement) || form.dataset.dirty) return;
  for (const field of form.elements) {
    if (!field.name || !(field.name in values)) continue;
    if (field.type === 'checkbox') field.checked = values[field.name];
    else field.value = values[field.name] ?? '';
  }
}

function read(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === 'checkbox') values[field.name] = field.checked;
    else if (field.value !== '') values[field.name] = field.type === 'number' ? Number(field.value) : field.value;
  }
  return values;
}

function drawFigures() {
  const refused = Object.values(state.stats.refused).reduce((a, b) => a + b, 0);
  const invalid = state.callbacks.filter(c => c.signature.outcome === 'invalid').length;
  const figures = [['Accepted', state.stats.accepted, ''], ['Refused', refused, refused ? 'bad' : ''],
    ['Webhooks waiting', state.stats.webhooks.waiting, state.stats.webhooks.waiting ? 'slow' : ''],
    ['Callbacks', Object.values(state.stats.callbacks).reduce((a, b) => a + b, 0), invalid ? 'bad' : '']];
  $('figures').replaceChildren(...figures.map(([name, value, mood]) => el('div', { class: mood }, el('dt', {}, name), el('dd', {}, String(value)))));
}

function draw() {
  if (!state) return;
  const list = conversations();
  if (!list.some(c => c.key === chosen)) chosen = list[0]?.key ?? null;
  drawFigures();
  drawPeople(list);
  drawPhone(list.find(c => c.key === chosen));
  drawRequests();
  drawCallbacks();
  drawMails();
  drawCalendar();
  drawWebhooks();
  drawNumbers();
  fill($('hook'), state.webhook);
  fill($('behaviour'), state.settings);
}

// --- keeping up ------------------------------------------------------------------------------------------------------

let reading = false;
let again = false;
async function refresh() {
  if (reading) { again = true; return; }
  reading = true;
  try {
    state = await call('GET', 'state?limit=300');
    draw();
  } catch { /* The live dot says so. */ }
  // Under load there are thousands of hints a second; four looks a second are enough for eyes.
  setTimeout(() => { reading = false; if (again) { again = false; refresh(); } }, 250);
}

function listen() {
  const source = new EventSource(`${base}/api/live`);
  const show = (on, text) => { $('live').classList.toggle('on', on); $('live').lastElementChild.textContent = text; };
  source.onopen = () => { show(true, 'Live'); refresh(); };
  source.onerror = () => show(false, 'Reconnecting…');
  source.onmessage = refresh;
}

function select(tab) {
  for (const button of document.querySelectorAll('[role=tab]')) {
    const on = button.getAttribute('aria-controls') === tab;
    button.setAttribute('aria-selected', String(on));
    button.tabIndex = on ? 0 : -1;
    $(button.getAttribute('aria-controls')).hidden = !on;
  }
}

// Not a plain anchor: the browser would scroll to the panel and focus it.
const tabOf = () => {
  const name = location.hash.replace('#tab=', '');
  return document.querySelector(`[aria-controls="${CSS.escape(name)}"]`) ? name : 'requests';
};
window.addEventListener('hashchange', () => select(tabOf()));
const tabs = [...document.querySelectorAll('[role=tab]')];
for (const button of tabs) {
  button.addEventListener('click', () => { location.hash = `tab=${button.getAttribute('aria-controls')}`; });
  button.addEventListener('keydown', e => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(button) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
}

$('start').addEventListener('submit', e => {
  e.preventDefault();
  const typed = $('start-phone').value.trim();
  const digits = typed.replace(/\D/g, '');
  const contact = /^[A-Z]{2}\./.test(typed) ? typed : digits.length === 10 && !typed.startsWith('+') ? '91' + digits : digits;
  const number = state?.numbers[0]?.id;
  if (contact.length < 7 || !number) { toast('Give a phone number with its country code.'); return; }
  started = [...started.filter(s => s.contact !== contact), { number, contact }];
  chosen = conversations().find(c => c.contact === contact)?.key ?? `${number}/${contact}`;
  draw();
  $('words').focus();
});

$('composer').addEventListener('submit', async e => {
  e.preventDefault();
  const conversation = conversations().find(c => c.key === chosen);
  if (!conversation) return;
  const kind = $('kind').value;
  const words = $('words').value.trim();
  if (kind === 'text' && !words) return;
  const target = conversation.items.filter(i => i.out).at(-1)?.out.id;
  if (kind === 'reaction' && !target) { toast('There is no message to react to yet.'); return; }
  await call('POST', 'inbound', {
    from: /^\d+$/.test(conversation.contact) ? '+' + conversation.contact : conversation.contact,
    phoneNumberId: conversation.number, name: conversation.name ?? undefined, type: kind,
    text: words || (kind === 'reaction' ? '👍' : undefined), replyTo: kind === 'reaction' ? target : undefined,
  });
  $('words').value = '';
  $('kind').value = 'text';
  $('words').focus();
});

function form(id, send) {
  const node = $(id);
  node.addEventListener('input', () => { node.dataset.dirty = '1'; });
  node.addEventListener('submit', async e => {
    e.preventDefault();
    await send(read(node));
    delete node.dataset.dirty;
    toast('Saved.');
  });
}

form('hook', values => call('PUT', 'webhook', values));
form('behaviour', values => call('PUT', 'settings', values));
form('google', values => call('PUT', 'google', values));
for (const [what, done] of [['expire', 'All access tokens have expired.'], ['revoke', 'Every consent is withdrawn.']]) {
  $(`google-${what}`).addEventListener('click', async () => { await call('POST', `google/${what}`); toast(done); });
}
form('mail-failures', values => call('POST', 'mail/failures', values));
form('catcher', values => call('PUT', `callbacks/${encodeURIComponent(values.name)}`, {
  ...values, name: undefined, respondWith: values.respondWith?.split(/[,\s]+/).filter(Boolean).map(Number) ?? [],
}));
const catcherUrl = () => { $('catcher-url').textContent = `${location.origin}${base}/callbacks/${$('catcher').elements.name.value}`; };
$('catcher').addEventListener('input', catcherUrl);

$('clear').addEventListener('click', async () => {
  await call('POST', 'clear');
  started = [];
  toast('Messages, callbacks, mails and events are forgotten; settings stay.');
});

const dark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
$('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
  localStorage.setItem('sandbox-theme', document.documentElement.dataset.theme);
});
const theme = localStorage.getItem('sandbox-theme');
if (theme) document.documentElement.dataset.theme = theme;

for (const m of await (await fetch(`${base}/magic-numbers`)).json()) {
  $('magic-rows').append(el('tr', {}, el('td', { class: 'digits' }, `…${m.digits}`), el('td', {}, m.does)));
}
catcherUrl();
select(tabOf());
listen();
