/** A part of the sidebar: pages of docs/ by name, or every page of one of its folders. */
export type NavigationGroup =
  | { readonly title: string; readonly pages: readonly string[] }
  | { readonly title: string; readonly folder: string };

/** The pages in the order in which a newcomer needs them. Titles are those of the pages themselves. */
export const navigation: readonly NavigationGroup[] = [
  {
    title: 'Gateway Engine',
    pages: [
      'getting-started',
      'product-overview',
      'release-packages',
      'custom-gateway-applications',
      'over-the-air-updates',
      'solution-app',
      'device-client',
      'python-client',
      'gateway-engine',
      'message-queue',
    ],
  },
  {
    title: 'On the gateway',
    pages: ['application-hosting', 'hosting-extras', 'reports', 'command-line-tools', 'observability'],
  },
  {
    title: 'Running it',
    pages: ['platform', 'security-model', 'operations', 'sizing', 'reliability', 'performance'],
  },
  { title: 'Deciding', pages: ['coming-from-gateway-engine', 'compared-with', 'terminology'] },
  {
    title: 'Reference',
    pages: [
      'configuration',
      'command-line',
      'supervisor-options',
      'resources',
      'errors',
      'admin-api',
      'npm-packages',
      'modules',
      'dependencies',
    ],
  },
  { title: 'Contributing', folder: 'contributing' },
  { title: 'Decisions', folder: 'adr' },
];

export interface SidebarItem {
  readonly text: string;
  readonly link: string;
}

export interface SidebarGroup {
  readonly text: string;
  readonly items: readonly SidebarItem[];
  readonly collapsed: boolean;
}

/** The sidebar of these pages: path within docs/, without `.md`, to title. A group without a page is left out. */
export function sidebarOf(titles: ReadonlyMap<string, string>): SidebarGroup[] {
  return navigation.flatMap((group) => {
    const pages = 'pages' in group ? group.pages : pagesIn(group.folder, titles);
    const items = pages.flatMap((page) => {
      const text = titles.get(page);
      return text === undefined ? [] : [{ text, link: `/${page.replace(/(^|\/)(README|index)$/, '$1')}` }];
    });
    return items.length === 0 ? [] : [{ text: group.title, items, collapsed: 'folder' in group }];
  });
}

/** In the order of their names; what introduces the folder comes first. */
function pagesIn(folder: string, titles: ReadonlyMap<string, string>): string[] {
  const rank = (page: string) => (/\/(README|index)$/.test(page) ? 0 : 1);
  return [...titles.keys()]
    .filter((page) => page.startsWith(`${folder}/`))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
