/* desk.js: what htmx and the browser do not do by themselves. Every page works without it.
 *   1 freshness   2 answers   3 keys and menus   4 lock
 * It polls nothing itself, keeps no session alive without a person, and decides nothing: the server does. */
"use strict";
{
  const one = (selector, inside = document) => inside.querySelector(selector);
  const isPoll = (request) => request.verb === "get" && !request.triggeringEvent;
  const isRead = (request) => request.verb === "get" && !request.triggeringEvent?.isTrusted; // nobody asked for it
  const isTyping = (element) => !!element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  const ledTo = (xhr, place) => !!xhr.responseURL && new URL(xhr.responseURL).pathname === document.body.dataset[place];
  const isSignedOut = (xhr) => ledTo(xhr, "signIn") || ledTo(xhr, "lock");

  /* ---------- 1 Freshness: "Live" only while every region of the page is read ---------- */

  const regions = new Map(); // path -> reads missed in a row, reads held in a row, when it was last read
  const region = (path) => {
    if (!regions.has(path)) regions.set(path, { missed: 0, held: 0, at: one("#as-of")?.dataset.at });
    return regions.get(path);
  };

  const showFreshness = () => {
    const label = one("#as-of");
    if (!label) return;
    const all = [...regions.values()];
    const stale = all.find((each) => each.missed >= 2);
    const held = all.find((each) => each.held);
    const isLive = !stale && !held && (regions.size > 0 || !!one("[hx-trigger*=every]"));
    label.classList.toggle("is-stale", !!stale);
    label.classList.toggle("is-live", isLive);
    if (stale) label.textContent = `Not live: last read ${stale.at}`;
    else if (held) label.textContent = `Paused while you work here: read ${held.at}`;
    else label.textContent = `${isLive ? "Live," : "As of"} ${label.dataset.at}`;
  };

  /* How old a run's page is, in seconds: a desk that does not answer must not look alive. */
  let readAt = Date.now();
  const showAge = () => {
    const label = one("#read-age");
    if (!label) return;
    const seconds = Math.max(0, Math.round((Date.now() - readAt) / 1000));
    const limit = Number(one("[data-stale-after]")?.dataset.staleAfter || 0);
    const isPaused = [...regions.values()].some((each) => each.held);
    const isStale = limit > 0 && seconds > limit && !isPaused;
    const ago = seconds < 90 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
    label.classList.toggle("is-live", limit > 0 && !isStale && !isPaused);
    label.classList.toggle("is-stale", isStale);
    label.textContent = isStale ? `Not live: read ${ago}` : isPaused ? `Paused while you work here: read ${ago}` : `Read ${ago}`;
  };
  if (one("#read-age")) setInterval(showAge, 1000);

  /* A region is not taken away under a person's hands: what they type or tick holds it, a button for some reads. */
  const isChanged = (each) => (/^(radio|checkbox)$/.test(each.type) ? each.checked !== each.defaultChecked : each.value !== each.defaultValue);
  const hasAnswers = (target) => [...target.querySelectorAll("textarea, input:not([type=hidden])")].some(isChanged);
  const isHeld = (target, request) => {
    const control = document.activeElement;
    if (!isPoll(request)) return false;
    if (hasAnswers(target)) return true;
    if (!target.contains(control)) return false;
    return isTyping(control) || (control.matches("button, summary") && region(request.path).held < 4);
  };
  const hold = (request) => {
    region(request.path).held += 1;
    showFreshness();
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isHeld(event.detail.target, event.detail.requestConfig)) return;
    event.preventDefault();
    hold(event.detail.requestConfig);
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful || !isRead(detail.requestConfig)) return;
    const isDone = !isHeld(detail.target, detail.requestConfig); // else it was held at the last moment
    if (isDone) readAt = Date.now();
    if (isDone) Object.assign(region(detail.requestConfig.path), { missed: 0, held: 0, at: one("#as-of")?.dataset.at });
    showFreshness();
  });

  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, ({ detail }) => {
      if (isRead(detail.requestConfig)) region(detail.requestConfig.path).missed += 1;
      else sayNotDone(detail.xhr);
      showFreshness();
    });
  }

  /* ---------- 2 Answers: a refused form comes back with its errors, and silence is told ---------- */

  const kept = "What you typed is still here.";
  const words = {
    0: ["The desk did not answer.", `${kept} Look whether it was done before you send it again`],
    400: ["The desk could not read that.", `${kept} Copy it, reload the page, then send it again`],
    401: ["You are signed out.", `${kept} Sign in from another tab, then send it again`],
    403: ["You may not do this.", `${kept} Ask your lead`],
    404: ["It is no longer there for you.", `${kept} Copy it, then reload the page`],
    409: ["Somebody was faster, or the state has changed.", `${kept} Copy it, then reload the page`],
    413: ["That is too long.", `${kept} Shorten it, then send it again`],
    429: ["Too many requests at once.", `${kept} Wait a minute, then send it again`],
    500: ["Something broke on our side.", `${kept} Try again, or go on by telephone and paper`],
  };

  let heir = "";
  const inherit = () => {
    const heading = heir && document.activeElement === document.body && one(`#${heir} h1[tabindex]`);
    if (heading) heading.focus({ preventScroll: true });
    heir = "";
  };

  const sayNotDone = (xhr) => {
    const notice = one("#not-done").content.cloneNode(true);
    const [what, next] = words[isSignedOut(xhr) ? 401 : xhr.status] || words[xhr.status < 500 ? 400 : 500];
    const number = xhr.status >= 500 && xhr.getResponseHeader("X-Request-ID");
    one("b", notice).textContent = what;
    one("span > span", notice).textContent = next + (number ? `. Say this number: ${number}` : "");
    one("#not-done-notice")?.remove();
    one("#messages")?.append(notice);
    one("#not-done-notice")?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (ledTo(detail.xhr, "lock")) cover();
    if (isSignedOut(detail.xhr)) {
      Object.assign(detail, { shouldSwap: false, isError: true }); // the sign-in page has no place in a region
    } else if (isHeld(detail.target, detail.requestConfig)) {
      detail.shouldSwap = false;
      hold(detail.requestConfig);
    } else if (isPoll(detail.requestConfig) && detail.target.contains(document.activeElement)) {
      heir = detail.target.id; // what has the focus goes away: the heading of what comes takes it
    } else if ([400, 409, 422].includes(detail.xhr.status) && !isRead(detail.requestConfig)) {
      const isPage = /^\s*<!doctype/i.test(detail.serverResponse); // the words above stand in for a whole page
      Object.assign(detail, { shouldSwap: !isPage, isError: isPage });
    }
  });

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (!isRead(detail.requestConfig)) one("#not-done-notice")?.remove();
  });

  document.addEventListener("htmx:afterSettle", () => {
    document.title = (one(".error-summary") ? "Error: " : "") + document.title.replace(/^Error: /, "");
    inherit();
    showAge();
    showFreshness();
  });

  /* ---------- 3 Keys and menus ---------- */

  const dialog = one("#shortcuts");
  const keysOn = one("#keys-on");
  const remember = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("ooh-keys", value);
      return localStorage.getItem("ooh-keys");
    } catch {
      return null; // storage may be refused; the keys then stay on
    }
  };
  if (keysOn) {
    keysOn.checked = remember() !== "off";
    keysOn.addEventListener("change", () => remember(keysOn.checked ? "on" : "off"));
  }
  const opener = one("[data-opens=shortcuts]");
  if (opener && dialog?.showModal) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }

  const printer = one("[data-opens=print]");
  if (printer) {
    printer.hidden = false;
    printer.addEventListener("click", () => window.print());
  }

  const act = {
    "/": () => {
      const box = one("[data-key='/']");
      if (box?.offsetParent) box.focus();
      else location.assign("/search/");
    },
    n: () => one("[data-key=n]")?.click(),
    c: () => {
      const summary = one("summary[data-key=c]"); // the form of a call, ready for its first answer
      if (!summary) return;
      summary.parentElement.open = true;
      one("[name=outcome]", summary.parentElement).focus();
    },
    "?": () => dialog?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const open = one("details.menu[open]");
    if (event.key === "Escape" && open) {
      open.open = false;
      one("summary", open).focus();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (isTyping(event.target) || dialog?.open || !keysOn?.checked || !Object.hasOwn(act, event.key)) return;
    event.preventDefault();
    act[event.key]();
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  /* ---------- 4 Lock: half an hour without a person covers the page, and what is typed stays under it ---------- */

  const lock = one("#lock");
  const SOON = 120_000;
  const EVERY = 60_000;
  const LOOK_EVERY = 300_000;
  let locksAt = lock ? Date.now() + Number(lock.dataset.left) * 1000 : Infinity;
  let toldAt = Date.now();
  let lookedAt = Date.now();

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.headers["X-Desk-Asked"] = detail.triggeringEvent?.isTrusted ? "1" : "0";
  });

  /* Signing in again in another tab brings a new token: the forms that wait here must bear it. */
  const bear = (token) => {
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  };

  const ask = async (method) => {
    lookedAt = Date.now();
    if (method === "POST") toldAt = lookedAt;
    const headers = { Accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers") || "{}") };
    try {
      const answer = await fetch(lock.dataset.stillHere, { method, headers });
      if (![200, 401].includes(answer.status)) return;
      const { left, is_locked: isLocked, csrf } = await answer.json();
      locksAt = Date.now() + left * 1000;
      if (csrf) bear(csrf);
      if (!left) cover(isLocked);
      else uncover();
    } catch {
      /* the desk does not answer: the page says so elsewhere, and the server locks by itself */
    }
  };

  const cover = (isLocked = true) => {
    if (!lock?.showModal) return;
    const gone = one("[data-lock-gone]", lock);
    gone.hidden = isLocked;
    for (const each of lock.querySelectorAll("form, a[href*=again]")) each.hidden = !isLocked;
    one("h2", lock).textContent = isLocked ? "The desk is locked" : "You are signed out";
    document.documentElement.classList.add("is-locked");
    one("#lock-soon-notice")?.remove();
    if (!lock.open) lock.showModal();
    one("input[type=password]", lock)?.focus();
  };

  const uncover = () => {
    document.documentElement.classList.remove("is-locked");
    if (lock.open) lock.close();
    if (locksAt - Date.now() > SOON) one("#lock-soon-notice")?.remove();
  };

  const warn = () => {
    if (one("#lock-soon-notice")) return;
    const notice = one("#lock-soon").content.cloneNode(true);
    one("button", notice).addEventListener("click", () => ask("POST"));
    one("#messages")?.append(notice);
  };

  const unlock = async (form) => {
    const told = one("#lock-error");
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    form.reset();
    if (answer.status === 204) {
      told.hidden = true;
      await ask("POST");
      return;
    }
    const { error } = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    one("span", told).textContent = error || "The desk could not read that. Look whether it is unlocked elsewhere";
    told.hidden = false;
    if (answer.status === 401) cover(false);
  };

  const watch = async () => {
    if (lock.open) return;
    const left = locksAt - Date.now();
    if (left < SOON && left > 0 && !one("#lock-soon-notice")) {
      await ask("GET"); // perhaps somebody works in another tab
      if (locksAt - Date.now() < SOON) warn();
    } else if (left <= 0 || Date.now() - lookedAt > LOOK_EVERY) await ask("GET");
  };

  if (lock?.showModal) {
    for (const act of ["keydown", "pointerdown", "input"]) {
      document.addEventListener(act, (event) => {
        if (event.isTrusted && !lock.open && Date.now() - toldAt > EVERY) ask("POST");
      });
    }
    one("form", lock)?.addEventListener("submit", (event) => {
      event.preventDefault();
      unlock(event.target);
    });
    one("form[data-locks]")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await fetch(event.target.action, { method: "POST", body: new FormData(event.target) });
      if (answer.ok) cover();
    });
    one("[data-lock-again]", lock).addEventListener("click", () => ask("GET"));
    lock.addEventListener("cancel", (event) => event.preventDefault());
    window.addEventListener("focus", () => lock.open && ask("GET"));
    setInterval(watch, 5000);
  }

  showFreshness();
  showAge();
}
