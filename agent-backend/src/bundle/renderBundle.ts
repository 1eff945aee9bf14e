/**
 * A story as one HTML file that needs nothing else: no network, no server, no font. The same work always gives the same
 * bytes, so the hash that names the reader's saved progress changes only when the story does.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { StoryWork } from '../documents/documents.ts';
import { formatColour } from './colours.ts';
import { escapeHtml, fillTemplate, jsonForScript } from './html.ts';
import { plainStory } from './plainStory.ts';
import { type PlayerStory, playerStory } from './playerStory.ts';
import { type PlayerTheme, playerTheme, themeCss } from './playerTheme.ts';

const template = playerFile('template.html');
const stylesheet = ['page.css', 'plate.css', 'scene.css'].map(playerFile).join('\n');
/** One function around all of it, so that the files share names with each other and with nothing else. */
const script = `(() => {\n'use strict';\n${['progress.js', 'elements.js', 'screens.js', 'main.js'].map(playerFile).join('\n')}\n})();\n`;

/** A browser hashes what stands between the tags after turning CRLF into LF: so no CRLF may get there. */
function playerFile(name: string): string {
  return readFileSync(new URL(`./player/${name}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}

/**
 * @param work everything persisted of the story
 * @returns the HTML document
 * @throws PrerequisiteMissingError naming what is missing and the workflow task that makes it
 */
export function renderBundle(work: StoryWork): string {
  const story = playerStory(work);
  const theme = playerTheme(work.visualDesign);
  const style = themeCss(theme) + stylesheet;
  return fillTemplate(template, {
    policy: contentPolicy(style, script),
    title: escapeHtml(story.title),
    pageColour: formatColour(theme.colours['page'] ?? [0, 0, 0]),
    icon: icon(theme),
    scheme: theme.scheme,
    pattern: theme.pattern,
    horizon: theme.horizon,
    style,
    script,
    data: jsonForScript({ ...story, saveKey: saveKey(story) }),
    plain: plainStory(story),
  });
}

/** Nothing may be loaded from anywhere, and of what is inside only this stylesheet and this script may run. */
function contentPolicy(style: string, code: string): string {
  return [
    "default-src 'none'",
    `script-src '${digest(code)}'`,
    `style-src '${digest(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

/** Progress belongs to one story in one version: choices saved for another would lead somewhere else. */
function saveKey(story: PlayerStory): string {
  const version = createHash('sha256').update(JSON.stringify(story)).digest('hex').slice(0, 16);
  return `story-tasks/${story.id}/${version}`;
}

/** Without an icon of its own the page would ask the server for /favicon.ico. */
function icon({ colours }: PlayerTheme): string {
  const colour = (name: string) => formatColour(colours[name] ?? [0, 0, 0]);
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
    `<path d="M4 32V16a12 12 0 0 1 24 0v16z" fill="${colour('sky-low')}"/>` +
    `<circle cx="16" cy="16" r="5" fill="${colour('disc')}"/>` +
    `<path d="M4 24q12-6 24 0v8H4z" fill="${colour('hill-near')}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
