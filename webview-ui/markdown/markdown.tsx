// Markdown as elements: built one by one from an allow-list, never from a string of HTML.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { currentFolder } from "../composer/models.ts";
import { memo } from "../shell/memo.ts";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type Block, MarkdownBlocks, type MarkNode } from "./blocks.ts";
import { codeTarget, type LinkTarget, linkTarget } from "./links.ts";

export function Markdown({ text, isFinal }: { text: string; isFinal: boolean }) {
  const blocks = useMemo(() => new MarkdownBlocks(), []);
  return (
    <div class="markdown">
      {blocks.update(text, { isFinal }).map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}

const BlockView = memo(({ block }: { block: Block }) => <>{block.map(draw)}</>);

function draw(node: MarkNode, index: number): ComponentChildren {
  const inside = node.children.map(draw);
  switch (node.type) {
    case "text":
      return node.text;
    case "tight":
      return inside;
    case "paragraph":
      return <p key={index}>{inside}</p>;
    case "heading":
      return (
        <Heading key={index} level={node.level}>
          {inside}
        </Heading>
      );
    case "strong":
      return <strong key={index}>{inside}</strong>;
    case "em":
      return <em key={index}>{inside}</em>;
    case "s":
      return <s key={index}>{inside}</s>;
    case "bullet_list":
      return <ul key={index}>{inside}</ul>;
    case "ordered_list":
      return (
        <ol key={index} start={Number(node.detail)}>
          {inside}
        </ol>
      );
    case "list_item":
      return <li key={index}>{inside}</li>;
    case "blockquote":
      return <blockquote key={index}>{inside}</blockquote>;
    case "hr":
      return <hr key={index} />;
    case "softbreak":
      return "\n";
    case "hardbreak":
      return <br key={index} />;
    case "code_inline":
      return <InlineCode key={index} code={node.text} />;
    case "fence":
    case "code_block":
      return <CodeBlock key={index} code={node.text} language={node.detail} />;
    case "link":
      return (
        <Link key={index} target={linkTarget(node.detail)}>
          {inside}
        </Link>
      );
    case "image":
      // Never loaded: an address can carry away what the model has read.
      return (
        <Link key={index} target={linkTarget(node.detail)}>
          {node.text || node.detail}
        </Link>
      );
    default:
      return drawTable(node, index, inside);
  }
}

function drawTable(node: MarkNode, index: number, inside: ComponentChildren): ComponentChildren {
  switch (node.type) {
    case "table":
      return (
        <div key={index} class="table-scroller" tabIndex={0} role="group" aria-label="Table">
          <table>{inside}</table>
        </div>
      );
    case "thead":
      return <thead key={index}>{inside}</thead>;
    case "tbody":
      return <tbody key={index}>{inside}</tbody>;
    case "tr":
      return <tr key={index}>{inside}</tr>;
    case "th":
      return (
        <th key={index} class={`align-${node.detail || "left"}`}>
          {inside}
        </th>
      );
    case "td":
      return (
        <td key={index} class={`align-${node.detail || "left"}`}>
          {inside}
        </td>
      );
    default:
      return node.children.length > 0 ? inside : node.text;
  }
}

// The prompt of a turn is a heading of level 2; what the answer structures stands below it.
function Heading({ level, children }: { level: number; children: ComponentChildren }) {
  if (level <= 1) return <h3>{children}</h3>;
  return level === 2 ? <h4>{children}</h4> : <h5>{children}</h5>;
}

function InlineCode({ code }: { code: string }) {
  const target = codeTarget(code);
  return target ? (
    <Link target={target}>
      <code>{code}</code>
    </Link>
  ) : (
    <code>{code}</code>
  );
}

function CodeBlock({ code, language }: { code: string; language: string }) {
  const { actions } = usePanel();
  return (
    <div class="code-block">
      <div class="code-head">
        <span>{language}</span>
        <button type="button" class="text-button" onClick={() => void actions.host("host/copy", { text: code })}>
          Copy
        </button>
      </div>
      <pre tabIndex={0}>
        <code>{code.replace(/\n$/, "")}</code>
      </pre>
    </div>
  );
}

function Link({ target, children }: { target: LinkTarget | null; children: ComponentChildren }) {
  const { actions } = usePanel();
  const cwd = useSelected(currentFolder);
  if (target === null) return <>{children}</>;
  if (target.kind === "file") {
    const { kind: _kind, ...file } = target;
    const open = () => void actions.host("host/openFile", { ...file, cwd });
    return (
      <button type="button" class="link" title={file.path} onClick={open}>
        {children}
      </button>
    );
  }
  return (
    <a
      class="link"
      href={target.url}
      title={target.url}
      rel="noreferrer"
      onClick={(event) => {
        // The host asks first; the editor's own handling of links in webviews must not open it a second time.
        event.preventDefault();
        event.stopPropagation();
        void actions.host("host/openLink", { url: target.url });
      }}
    >
      {children}
    </a>
  );
}
