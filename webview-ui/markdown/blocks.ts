// Markdown that grows: only its end is parsed again. Blocks that can no longer change keep their identity.
import MarkdownIt, { type Token } from "markdown-it";
import { linkTarget } from "./links.ts";

/** One element of a block, as data; markdown.tsx draws it. */
export interface MarkNode {
  /** The name of the markdown-it token without "_open". */
  type: string;
  /** Text of text, code and images; "" elsewhere. */
  text: string;
  /** The address of a link or image, the language of a fence, the number a list starts with, a cell's alignment. */
  detail: string;
  /** 1 to 6 for headings, else 0. */
  level: number;
  children: MarkNode[];
}

export type Block = readonly MarkNode[];

/** Blocks at the end that later text may still change: a paragraph can become a heading, a list can go on. */
const OPEN_BLOCKS = 2;

const parser = new MarkdownIt({ html: false, linkify: true, breaks: false });
// Only addresses that say they are one: "README.md" is a file, not a site in Moldova.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
parser.validateLink = (href) => linkTarget(href) !== null;

export class MarkdownBlocks {
  #text = "";
  #stable: Block[] = [];
  #stableLength = 0;

  /** All blocks of `text`. Cheap when `text` is what it was plus something at the end. */
  update(text: string, options: { isFinal: boolean }): readonly Block[] {
    const normal = text.replaceAll(/\r\n?/g, "\n");
    // A definition at the end gives meaning to links above it: one whole parse settles that.
    const isWhole = options.isFinal && /^ {0,3}\[[^\]]+\]:/m.test(normal);
    if (isWhole || !normal.startsWith(this.#text)) {
      this.#stable = [];
      this.#stableLength = 0;
    }
    this.#text = normal;
    const tail = normal.slice(this.#stableLength);
    const tokens = parser.parse(tail, {});
    const blocks = split(tokens);
    const open = blocks.slice(-OPEN_BLOCKS);
    if (isWhole || blocks.length <= OPEN_BLOCKS) return [...this.#stable, ...blocks.map(({ nodes }) => nodes)];
    this.#stable = [...this.#stable, ...blocks.slice(0, -OPEN_BLOCKS).map(({ nodes }) => nodes)];
    this.#stableLength += offsetOfLine(tail, open[0]?.firstLine ?? 0);
    return [...this.#stable, ...open.map(({ nodes }) => nodes)];
  }
}

function split(tokens: readonly Token[]): { firstLine: number; nodes: Block }[] {
  const blocks: { firstLine: number; nodes: Block }[] = [];
  let from = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.level !== 0 || token.nesting === 1) continue;
    const own = tokens.slice(from, index + 1);
    blocks.push({ firstLine: own[0]?.map?.[0] ?? 0, nodes: tree(own) });
    from = index + 1;
  }
  return blocks;
}

function tree(tokens: readonly Token[]): MarkNode[] {
  const root: MarkNode[] = [];
  const open: MarkNode[][] = [root];
  for (const token of tokens) {
    if (token.nesting === -1) {
      open.pop();
      continue;
    }
    const siblings = open.at(-1) ?? root;
    if (token.type === "inline") {
      siblings.push(...tree(token.children ?? []));
      continue;
    }
    const node = toNode(token);
    siblings.push(node);
    if (token.nesting === 1) open.push(node.children);
  }
  return root;
}

function toNode(token: Token): MarkNode {
  const heading = /^h([1-6])$/.exec(token.tag)?.[1];
  return {
    // A tight list has paragraphs that are not drawn as such.
    type: token.hidden ? "tight" : token.type.replace(/_open$/, ""),
    text: token.content,
    detail: detailOf(token),
    level: heading === undefined ? 0 : Number(heading),
    children: [],
  };
}

function detailOf(token: Token): string {
  switch (token.type) {
    case "link_open":
      return String(token.attrGet("href") ?? "");
    case "image":
      return String(token.attrGet("src") ?? "");
    case "ordered_list_open":
      return String(token.attrGet("start") ?? 1);
    case "fence":
      return token.info.trim().split(/\s+/, 1)[0] ?? "";
    case "th_open":
    case "td_open":
      return /(left|center|right)/.exec(String(token.attrGet("style") ?? ""))?.[0] ?? "";
    default:
      return "";
  }
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) offset = text.indexOf("\n", offset) + 1;
  return offset;
}
