// What the one parameter of a client lets pass, and what it does not: checked by tsc, never run.
import { EventOnlyClient, type Project } from '../../../Web/client/eventonly.js';
import { type ItemOf } from '../../../Web/client/types.js';

type Board = {
  card: { title: string, votes: number, due?: string, place?: { list: string, order: string } },
  list: { title: string, tags: string[] },
};

const client = new EventOnlyClient<Board>('/ws', { project: 'demo' });

// What is in an entity is known by its kind.
client.create('card', { title: 'Buy milk', votes: 0 });
client.create('list', { title: 'To do', tags: ['a'] }, { id: 'list-1' });
const titles: string[] = client.store.list('card').map(card => card.data.title);
const tags: string[][] = client.store.list('list').map(list => list.data.tags);
const either: ItemOf<Board> | undefined = client.store.get('card-1');
if (either?.kind === 'card') either.data.votes.toFixed();
if (either?.kind === 'list') either.data.tags.join();
client.update('card-1', { due: null, place: { list: 'list-1' } });
client.batch(ops => { const id: string = ops.create('list', { title: 'Done', tags: [] }); ops.update(id, { tags: ['b'] }); });
client.on('create', event => { if (event.kind === 'card') event.data.title.trim(); });
client.on('broadcast:wave', ({ by, data }) => [by.trim(), data]);
client.query({ kind: 'card' }).then(({ items }) => items[0].id.trim());
const other: Project<{ note: { text: string } }> = client.join<{ note: { text: string } }>('notes');
other.create('note', { text: 'Rain' });

// @ts-expect-error there is no such kind
client.create('crad', { title: 'Buy milk', votes: 0 });
// @ts-expect-error a card has votes
client.create('card', { title: 'Buy milk' });
// @ts-expect-error its title is a text
client.create('card', { title: 1, votes: 0 });
// @ts-expect-error nothing has a colour
client.update('card-1', { colour: 'red' });
// @ts-expect-error there is no such kind
client.store.list('note');
// @ts-expect-error a list has no votes
client.store.list('list')[0].data.votes;
// @ts-expect-error which of the two it is, is not known yet
client.store.get('card-1')?.data.votes;
// @ts-expect-error there is no such event
client.on('crated', () => {});
// @ts-expect-error a project is needed
new EventOnlyClient('/ws', {});
// @ts-expect-error the other project has other kinds
other.create('card', { title: 'Buy milk', votes: 0 });

// Without a parameter: any kind, any data that is JSON.
const any = new EventOnlyClient('/ws', { project: 'demo' });
any.create('whatever', { it: ['is', 1, null] });
const kind: string | undefined = any.store.get('x')?.kind;
// @ts-expect-error a function is no JSON
any.create('whatever', { it: () => {} });

export { kind, tags, titles };
