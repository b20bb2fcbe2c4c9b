/*
 * The report that the trainer wrote, in a frame. A frame cannot send the key, so the text is asked for as
 * everything else is and given to the frame. A frame that is made so is under the policy of this page, which
 * allows no style that stands in markup; so styles are taken out of the text and given to the frame's document
 * as a style sheet, which is no markup. For that the page must reach into the frame (`allow-same-origin`);
 * nothing in it can reach out: the sandbox allows it no scripts, forms, windows or navigation, and the policy of
 * the page no scripts and no addresses but this service's.
 */
import { useMemo, useRef } from 'react';
import { Shown } from '../shell/states.js';
import { useReport } from './asked.js';

export function Report({ version }: { readonly version: string }) {
  const report = useReport(version);
  return (
    <section className="panel stack" aria-labelledby="report">
      <h2 id="report">Report</h2>
      <Shown query={report} what="the report">
        {(text) => (
          <>
            <Framed text={text} name={`Report of ${version}`} />
            <Download text={text} version={version} />
          </>
        )}
      </Shown>
    </section>
  );
}

/** What a style attribute is called in the frame until the page has applied it. */
const STYLE = 'data-style';

/** The text without its styles, and these. */
export function withoutStyles(text: string): { readonly html: string; readonly css: string } {
  // They are taken out of the text: a browser complains of styles when it reads them, shown or not.
  const sheets: string[] = [];
  const plain = text
    .replaceAll(/<style\b[^>]*>([\s\S]*?)<\/style>/gi, (_, css: string) => {
      sheets.push(css);
      return '';
    })
    .replaceAll(/\sstyle=(?=["'])/g, ` ${STYLE}=`);
  const parsed = new DOMParser().parseFromString(plain, 'text/html');
  // Nothing of it would be run; a browser would complain of each.
  for (const active of parsed.querySelectorAll('script, iframe, object, embed, base, link, meta')) {
    active.remove();
  }
  return {
    html: `<!doctype html>${parsed.documentElement.outerHTML}`,
    css: sheets.join('\n'),
  };
}

function Framed({ text, name }: { readonly text: string; readonly name: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const { html, css } = useMemo(() => withoutStyles(text), [text]);
  const dress = () => {
    const view = frame.current?.contentWindow as (Window & typeof globalThis) | null | undefined;
    if (!view) return;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(css);
    view.document.adoptedStyleSheets = [sheet];
    for (const element of view.document.querySelectorAll<SVGElement>(`[${STYLE}]`)) {
      element.style.cssText = element.getAttribute(STYLE) ?? '';
    }
    frame.current!.dataset.ready = 'true';
  };
  return (
    <iframe
      ref={frame}
      title={name}
      className="models-report"
      sandbox="allow-same-origin"
      srcDoc={html}
      onLoad={dress}
    />
  );
}

function Download({ text, version }: { readonly text: string; readonly version: string }) {
  const save = (event: { currentTarget: HTMLAnchorElement }) => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/html' }));
    event.currentTarget.href = url;
    // The browser has taken the address when the click is over.
    setTimeout(() => URL.revokeObjectURL(url));
  };
  return (
    <p>
      <a href="#report" download={`report-${version}.html`} onClick={save}>
        Save the report
      </a>{' '}
      <span className="soft">It is one file, and opens without the service.</span>
    </p>
  );
}
