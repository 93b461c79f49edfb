/* security-key.js: asks a security key what the form carries, and sends the form with its answer.
 * The page works without it by an app or a recovery code. */
"use strict";
{
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const question = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
  });

  const answer = ({ id, rawId, type, response }) => {
    const told = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) told[name] = text(response[name]);
    }
    return { id, rawId: text(rawId), type, response: told, clientExtensionResults: {} };
  };

  const words = {
    NotAllowedError: "The key was not touched, or it is not one of yours. Try again, or use another way",
    InvalidStateError: "That key is set up already. Use another one",
  };

  for (const form of document.querySelectorAll("form[data-security-key]")) {
    const told = form.querySelector("[data-key-error]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      told.hidden = true;
      const publicKey = question(JSON.parse(form.dataset.options));
      try {
        const credential = await navigator.credentials[form.dataset.securityKey]({ publicKey });
        form.elements.credential.value = JSON.stringify(answer(credential));
        form.submit();
      } catch (error) {
        told.querySelector("span").textContent = words[error.name] || "This browser cannot use security keys here. Use another way";
        told.hidden = false;
      }
    });
  }
}
