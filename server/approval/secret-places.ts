// Which paths a command must not read unasked: credentials, the processes of this machine, raw devices. By name only.
import { resolve } from "node:path";

/** Names of files and folders, at any depth, in lower case. */
const secretNames: readonly RegExp[] = [
  /^\.(?:ssh|aws|gnupg|kube|docker|azure|password-store|terraform\.d|belay|codex|vault-token|pki|mozilla|thunderbird)$/,
  /^[._]netrc$/,
  /^\.(?:npmrc|yarnrc\.yml|pypirc|git-credentials|pgpass|my\.cnf|htpasswd|s3cfg|boto|dockercfg|envrc)$/,
  /^\.[a-z_]*history$/,
  /^\.env(?:$|[.~_-])|\.env$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519|xmss)|_(?:rsa|dsa|ecdsa|ed25519)$/,
  /\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|gpg|asc|ovpn)$/,
  /^(?:credentials?|secrets?)(?:\.(?:json|ya?ml|toml|ini|txt|xml|csv|env|conf|cfg|db))?$/,
  /^(?:environ|kcore|keyrings|keychains)$/,
];

/** From the root, in lower case. */
const secretPlaces =
  /^\/(?:private\/)?(?:proc|sys|boot|etc\/(?:ssh|ssl\/private|sudoers\.d|kubernetes)|(?:var\/)?run\/(?!media\/).*)(?:\/|$)/;
const secretParts = /\/\.config\/(?:gh|gcloud|google-chrome|chromium|op|rclone|hub)(?:\/|$)/;
const secretEnds =
  /\/(?:\.git\/config|\.m2\/settings\.xml|\.cargo\/credentials.*|etc\/(?:g?shadow|passwd|sudoers|master\.passwd)-?)$/;
const harmlessDevices = /^\/dev\/(?:null|zero|full|u?random|stdin|stdout|stderr)$/;

/** What a glob is held against: one of each kind above. */
const samples = (
  ".ssh .aws .netrc .npmrc .env .env.local prod.env id_rsa id_ed25519 x.pem x.key " +
  "credentials secrets.yml environ shadow passwd proc"
).split(" ");

/** A word that may be a path, seen from each folder the command may run in. Null: nothing is wrong with it. */
export function secretPlace(text: string, cwds: readonly string[]): string | null {
  const spellings = [text, ...attached(text)];
  return spellings.some((spelling) => cwds.some((cwd) => isSecret(resolve(cwd, spelling)))) ? text : null;
}

/** Whether a name the shell makes of this glob can be one of them, or lie in a folder that was not named. */
export function globReaches(text: string): boolean {
  if (text.startsWith("/") || text.split("/").includes("..")) return true;
  return text.split("/").some((part) => {
    if (!/[*?[]/.test(part) || part === "*") return false;
    const pattern = asPattern(part);
    return part.startsWith(".") || pattern === null || samples.some((sample) => pattern.test(sample));
  });
}

function isSecret(path: string): boolean {
  const place = path.toLowerCase();
  if (secretPlaces.test(place) || secretParts.test(place) || secretEnds.test(place)) return true;
  if (place.startsWith("/dev/")) return !harmlessDevices.test(place);
  return place.split("/").some((name) => secretNames.some((pattern) => pattern.test(name)));
}

/** The value inside `--file=value`, `-fvalue` and `a:value`, as a program may read it. */
function attached(text: string): string[] {
  const values = [/^-[^-](.+)$/, /^[^=]*=(.+)$/, /^[^:]*:(.+)$/].map((form) => form.exec(text)?.[1]);
  return values.filter((value) => value !== undefined);
}

/** Null: too odd to say. */
function asPattern(glob: string): RegExp | null {
  if (glob.includes("[")) return null;
  const escaped = glob.replace(/[.+^${}()|\\\]]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
