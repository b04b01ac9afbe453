import { SaxesParser } from 'saxes';

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** A message that is no XML-RPC, or larger than is accepted. */
export class XmlRpcError extends Error {
  readonly code = 'XML_RPC';
}

const deepest = 64;
const mostElements = 200_000;

/** Reads a small XML document into a tree. Depth and number of elements are bounded; a DTD is refused. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser();
  const top = newElement('');
  const open: Draft[] = [top];
  let count = 0;
  const current = () => open[open.length - 1] as Draft;
  parser.on('error', (error) => {
    throw new XmlRpcError(`not well-formed XML: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw new XmlRpcError('a document type declaration is not accepted');
  });
  parser.on('opentag', ({ name }) => {
    if (open.length > deepest) throw new XmlRpcError(`XML elements are nested more than ${deepest} deep`);
    if (++count > mostElements) throw new XmlRpcError(`more than ${mostElements} XML elements`);
    const element = newElement(name);
    current().children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (part) => {
    current().text += part;
  });
  parser.on('cdata', (part) => {
    current().text += part;
  });
  parser.write(text).close();
  const root = top.children[0];
  if (!root) throw new XmlRpcError('the XML document is empty');
  return root;
}

interface Draft extends XmlElement {
  readonly children: Draft[];
  text: string;
}

function newElement(name: string): Draft {
  return { name, children: [], text: '' };
}

/** Characters that XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      // A bare carriage return would arrive as a line feed.
      .replace(/\r/g, '&#13;')
  );
}
