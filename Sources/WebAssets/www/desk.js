// The desk's page: shows what the office says, and sends one thing, a refund. It decides nothing.
'use strict';

const languages = ['zh-Hans', 'en'];
const severities = ['critical', 'major', 'minor', 'warning', 'indeterminate'];
const states = ['queued', 'checking', 'credited', 'refused', 'refunded'];
const accounts = ['RECEIVED', 'UNLOCATED', 'CREDIT', 'TOPUP_DUE', 'POSTED', 'REFUND_DUE', 'REFUNDED', 'SUSPENSE'];
const refetchAfter = 400; // ms: many changes in a row are one look

let texts = {};
let language = languages[0];
let overview = null;
let live = false;
let state = null;
let clockOffset = 0;
let refundOrder = null;

const $ = (id) => document.getElementById(id);

function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function element(tag, classes, ...content) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...content.filter((part) => part !== null && part !== undefined));
  return made;
}

// Integer fen to "1,234.50": digits only, no floating point.
function yuan(fen) {
  const sign = fen < 0 ? '\u2212' : '';
  const digits = String(Math.abs(fen)).padStart(3, '0');
  return sign + digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',') + '.' + digits.slice(-2);
}

function clock(milliseconds) {
  const two = (number) => String(number).padStart(2, '0');
  const at = new Date(milliseconds);
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const today = new Date(officeNow()).toDateString() === at.toDateString();
  return today ? time : `${day} ${time}`;
}

const officeNow = () => Date.now() + clockOffset;

function age(milliseconds) {
  const seconds = Math.max(0, Math.floor((officeNow() - milliseconds) / 1000));
  if (seconds < 60) return t('age.seconds', { n: seconds });
  if (seconds < 3600) return t('age.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 172800) return t('age.hours', { n: Math.floor(seconds / 3600) });
  return t('age.days', { n: Math.floor(seconds / 86400) });
}

function table(id, columns, rows, empty) {
  const head = element('tr', '', ...columns.map(([key, kind]) => {
    const cell = element('th', kind === 'number' ? 'number' : '', key ? t(key) : '');
    cell.scope = 'col';
    return cell;
  }));
  const body = rows.map(({ cells, classes }) => element('tr', classes, ...cells.map((cell, place) =>
    element('td', columns[place][1], ...(Array.isArray(cell) ? cell : [cell])))));
  if (body.length === 0) {
    const cell = element('td', 'empty', t(empty));
    cell.colSpan = columns.length;
    body.push(element('tr', '', cell));
  }
  $(id).tHead.replaceChildren(head);
  $(id).tBodies[0].replaceChildren(...body);
}

const chip = (kind, text) => element('span', `chip ${kind}`, text);
const known = (key, otherwise) => texts[key] ?? otherwise;

function showAlarms(alarms) {
  const sorted = [...alarms].sort((a, b) =>
    severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.receivedAt - a.receivedAt);
  $('alarms-count').textContent = alarms.length;
  table('alarms', [['column.severity'], ['column.kiosk', 'code'], ['column.alarm'], ['column.raised', 'time'], ['column.repair']],
    sorted.map((alarm) => ({ cells: [
      chip(alarm.severity, known(`severity.${alarm.severity}`, alarm.severity)),
      [alarm.kiosk, element('small', '', alarm.object)],
      [known(`alarm.${alarm.code}`, alarm.code), element('small', '', alarm.evidence)],
      [clock(alarm.raisedAt), element('small', '', age(alarm.raisedAt))],
      known(`repair.${alarm.code}`, alarm.repair),
    ] })), 'alarms.none');
}

function showCases(cases) {
  const open = cases.filter((each) => each.closedAt == null);
  $('cases-count').textContent = t('cases.open', { n: open.length });
  table('cases', [['column.case'], ['column.what'], ['']],
    cases.map((each) => ({ classes: each.closedAt == null ? '' : 'closed', cells: [
      [`#${each.id}`, element('small', '', clock(each.openedAt))],
      [element('strong', '', known(`case.${each.kind}`, each.kind)), ` ${each.kiosk}`,
        element('small', '', each.text), each.order ? element('small', '', each.order) : null],
      caseAction(each),
    ] })), 'cases.none');
}

function caseAction(each) {
  if (each.closedAt != null) return t('case.closed', { at: clock(each.closedAt) });
  if (each.kind !== 'refusedPosting' || !each.order) return '';
  const button = element('button', '', t('refund'));
  button.type = 'button';
  button.addEventListener('click', () => openRefund(each));
  return button;
}

function showOrders(orders, counts) {
  const all = states.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  $('states').replaceChildren(...[null, ...states].map((name) => {
    const button = element('button', '',
      `${t(name ? `state.${name}` : 'state.all')} ${name ? counts[name] ?? 0 : all}`);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(name === state));
    button.addEventListener('click', () => { state = name; look(); });
    return button;
  }));
  const kinds = { credited: 'good', refused: 'major', checking: 'minor', queued: 'warning', refunded: '' };
  table('orders', [['column.received', 'time'], ['column.slip', 'code'], ['column.number', 'code'], ['column.yuan', 'number'],
    ['column.state'], ['column.posting'], ['column.kiosk', 'code'], ['column.note']],
  orders.map((order) => ({ cells: [
    clock(order.receivedAt), order.slip, order.number, yuan(order.fen),
    chip(kinds[order.state] ?? '', known(`state.${order.state}`, order.state)),
    [known(`phase.${order.phase}`, order.phase), order.attempts > 1 ? ` ×${order.attempts}` : ''],
    order.kiosk, order.note,
  ] })), 'orders.none');
}

function showKiosks(all) {
  const trouble = (kiosk) => Number(kiosk.silent || kiosk.lanes.some((lane) => lane.stopped));
  const kiosks = [...all].sort((a, b) => trouble(b) - trouble(a) || (a.id < b.id ? -1 : 1));
  $('kiosks-count').textContent = kiosks.length;
  table('kiosks', [['column.kiosk', 'code'], ['column.heard', 'time'], [''], ['column.taken', 'number']],
    kiosks.map((kiosk) => {
      const stopped = kiosk.lanes.filter((lane) => lane.stopped);
      return { cells: [
        kiosk.id, [age(kiosk.lastHeardAt), ` (${clock(kiosk.lastHeardAt)})`],
        [kiosk.silent ? chip('major', t('kiosk.silent')) : chip('good', t('kiosk.heard')),
          ...stopped.map((lane) => element('small', '', `${t('kiosk.stopped')} ${lane.lane}: ${lane.stopped}`))],
        String(kiosk.lanes.reduce((sum, lane) => sum + lane.acked, 0)),
      ] };
    }), 'kiosks.none');
}

function showLedger(ledger) {
  $('balanced').className = `chip ${ledger.balanced ? 'good' : 'bad'}`;
  $('balanced').textContent = t(ledger.balanced ? 'ledger.balanced' : 'ledger.unbalanced');
  const names = [...accounts.filter((name) => name in ledger.accounts),
    ...Object.keys(ledger.accounts).filter((name) => !accounts.includes(name)).sort()];
  table('ledger', [['column.account'], ['column.meaning'], ['column.yuan', 'number']],
    names.map((name) => ({ cells: [name, known(`account.${name}`, ''), yuan(ledger.accounts[name])] })), 'ledger.none');
}

function tile(kind, value, label, detail) {
  return element('div', `tile ${kind}`, element('strong', '', String(value)), label,
    element('span', 'detail', detail ?? ''));
}

function showSummary({ alarms, cases, counts, kiosks, ledger }) {
  const worst = severities.find((severity) => alarms.some((alarm) => alarm.severity === severity));
  const bySeverity = severities.map((severity) =>
    [t(`severity.${severity}`), alarms.filter((alarm) => alarm.severity === severity).length])
    .filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`).join(' · ');
  const open = cases.filter((each) => each.closedAt == null).length;
  const silent = kiosks.filter((kiosk) => kiosk.silent).length;
  const waiting = (counts.queued ?? 0) + (counts.checking ?? 0);
  $('summary').replaceChildren(
    tile(worst ?? 'good', alarms.length, t('alarms'), bySeverity),
    tile(open ? 'major' : 'good', open, t('tile.cases'), ''),
    tile(waiting ? 'warning' : 'good', waiting, t('tile.waiting'), t('tile.credited', { n: counts.credited ?? 0 })),
    tile(silent ? 'major' : 'good', kiosks.length - silent, t('tile.heard'), silent ? t('tile.silent', { n: silent }) : ''),
    tile(ledger.balanced ? 'good' : 'bad', yuan(ledger.accounts.RECEIVED ?? 0), t('tile.received'),
      ledger.balanced ? '' : t('ledger.unbalanced')));
}

function show() {
  document.documentElement.lang = language;
  document.title = t('title');
  for (const each of document.querySelectorAll('[data-text]')) each.textContent = t(each.dataset.text);
  $('summary').setAttribute('aria-label', t('summary'));
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  $('connection').className = `chip ${live ? 'good' : 'bad'}`;
  $('connection').textContent = t(live ? 'live' : 'lost');
  document.body.classList.toggle('stale', !live);
  if (!overview) return;
  showSummary(overview);
  showAlarms(overview.alarms);
  showCases(overview.cases);
  showOrders(overview.orders, overview.counts);
  showKiosks(overview.kiosks);
  showLedger(overview.ledger);
}

// One look at a time; a change during a look makes one more.
let looking = false;
let again = false;
async function look() {
  if (looking) { again = true; return; }
  looking = true;
  try {
    const answer = await fetch(`/desk/api/overview${state ? `?state=${state}` : ''}`, { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    overview = await answer.json();
    clockOffset = overview.at - Date.now();
    live = true;
  } catch {
    live = false;
  }
  looking = false;
  show();
  if (again) { again = false; setTimeout(look, refetchAfter); }
}

function listen() {
  const events = new EventSource('/desk/events');
  events.addEventListener('change', look);
  events.addEventListener('beat', look);
  events.addEventListener('error', () => { live = false; show(); });
}

function tick() {
  $('clock').textContent = new Date(officeNow()).toLocaleString(language === 'en' ? 'en-GB' : 'zh-CN');
}

function openRefund(each) {
  refundOrder = each.order;
  const order = overview.orders.find((row) => row.id === each.order);
  $('refund-what').textContent = [each.order, order ? `${order.number} · ${yuan(order.fen)} CNY` : each.text].join(' · ');
  $('refund-trouble').textContent = '';
  $('refund').showModal();
  $('refund-clerk').focus();
}

async function sendRefund(event) {
  event.preventDefault();
  const clerk = $('refund-clerk').value.trim();
  if (!clerk) { $('refund-clerk').reportValidity(); return; }
  $('refund-confirm').disabled = true;
  try {
    const answer = await fetch(`/desk/api/orders/${encodeURIComponent(refundOrder)}/refund`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ clerk }),
    });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      $('refund-trouble').textContent = body.reason ?? t('refund.failed', { status: answer.status });
      return;
    }
    $('refund').close();
    look();
  } catch {
    $('refund-trouble').textContent = t('lost');
  } finally {
    $('refund-confirm').disabled = false;
  }
}

async function choose(name) {
  const answer = await fetch(`/desk/texts/${name}.json`);
  texts = await answer.json();
  language = name;
  show();
}

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('language');
  if (languages.includes(asked)) return asked;
  return navigator.language.startsWith('zh') ? 'zh-Hans' : 'en';
}

async function start() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      localStorage.setItem('language', button.dataset.language);
      choose(button.dataset.language);
    });
  }
  $('refund').querySelector('form').addEventListener('submit', sendRefund);
  $('refund-cancel').addEventListener('click', () => $('refund').close());
  await choose(firstLanguage());
  await look();
  listen();
  tick();
  setInterval(tick, 1000);
}

start();
