// Why a connection did not come about or did not last, by the system's error codes: what people are told, and whether
// it can pass by itself.

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing answers there (connection refused). Start it, or correct base_url.",
  ENOTFOUND: "The host name is not known. Check base_url and the network.",
  EAI_AGAIN: "The host name could not be looked up. Check the network.",
  ENETUNREACH: "The network is not there. Check it.",
  EHOSTUNREACH: "There is no way to that host. Check the network and base_url.",
  ECONNRESET: "The connection was reset. Try again.",
  EPIPE: "The connection was cut. Try again.",
  UND_ERR_SOCKET: "The connection was cut. Try again.",
  ERR_INVALID_URL: "That is not a URL. Correct base_url.",
  ETIMEDOUT: "The connection timed out. Check the network and base_url.",
  UND_ERR_CONNECT_TIMEOUT: "The connection timed out. Check the network and base_url.",
  UND_ERR_HEADERS_TIMEOUT: "It sent nothing for a long time. Try again.",
  UND_ERR_BODY_TIMEOUT: "It sent nothing for a long time. Try again.",
  CERT_HAS_EXPIRED: "Its TLS certificate has expired.",
  CERT_NOT_YET_VALID: "Its TLS certificate is not valid yet. Check the clock of this machine.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "Its TLS certificate is self-signed. Name it in NODE_EXTRA_CA_CERTS if you trust it.",
  SELF_SIGNED_CERT_IN_CHAIN: "Its TLS certificate chain is not trusted. Name its root in NODE_EXTRA_CA_CERTS.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "Its TLS certificate chain is not whole. Name its root in NODE_EXTRA_CA_CERTS.",
  ERR_TLS_CERT_ALTNAME_INVALID: "Its TLS certificate is for another host name. Correct base_url.",
  ERR_SSL_WRONG_VERSION_NUMBER: "It speaks no TLS there. Perhaps base_url should begin with http://.",
};

/** Null: not known to be about the connection. */
export function connectionWords(code: string | null): string | null {
  if (code === null) return null;
  if (Object.hasOwn(causes, code)) return causes[code] ?? null;
  return isTls.test(code) ? `TLS failed (${code}). Check base_url and its certificate.` : null;
}

/** A second try may go well. */
export function canPass(code: string | null): boolean {
  return code === null || !(code.startsWith("ERR_INVALID_") || isTls.test(code));
}

const isTls = /^ERR_TLS_|^ERR_SSL_|CERT|^UNABLE_TO_|^EPROTO$/;

/** The innermost system error code, null where there is none: HTTP clients wrap errors several times. */
export function causeOf(error: unknown): { code: string | null; innermost: unknown } {
  let [code, innermost]: [string | null, unknown] = [null, error];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = innerOf(at), depth++) {
    innermost = at;
    const { code: own } = at as { code?: unknown };
    if (typeof own === "string") code = own;
  }
  return { code, innermost };
}

/** Of an attempt at several addresses, the first. */
function innerOf(error: Error): unknown {
  return error.cause ?? (error as { errors?: unknown[] }).errors?.[0];
}
