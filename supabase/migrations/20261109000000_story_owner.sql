-- Whose a story is, so that a person's stories and tasks can be kept from others. A story without an owner (made by a
-- service, or before) is no person's: services see it, people do not.

alter table public.stories
  add column requested_by uuid references auth.users (id) on delete set null;
comment on column public.stories.requested_by is
  'The person who made it, and the only one who may see it; null when a service did.';
create index stories_requested_by_idx on public.stories (requested_by) where requested_by is not null;

grant select on public.stories to authenticated;
create policy stories_select_own on public.stories
  for select to authenticated using (requested_by = (select auth.uid()));

-- A person's newest tasks by one index, which serves what the older one did too.
create index story_tasks_requested_by_created_at_idx on public.story_tasks (requested_by, created_at desc, id desc)
  where requested_by is not null;
drop index public.story_tasks_requested_by_idx;

-- request: {storyId?, status?, operation?, requestedBy?, limit, position? | after?}
-- As before, but for one person when `requestedBy` is given.
-- outcome: listed {tasks, next: position or null when this is the last page}
create or replace function public.list_story_tasks(request jsonb) returns jsonb
  language plpgsql stable security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  seen_id uuid := coalesce(r #>> '{position,id}', r ->> 'after')::uuid;
  seen_at timestamptz := timestamptz 'epoch' + (r #>> '{position,createdAtMicros}')::bigint * interval '1 microsecond';
  wanted int := (r ->> 'limit')::int;
  listed jsonb;
begin
  if r ->> 'after' is not null then
    select created_at into seen_at from public.story_tasks where id = seen_id;
  end if;
  execute concat(
    'select jsonb_agg(to_jsonb(page) order by page.created_at desc, page.id desc) from (',
    'select * from public.story_tasks where true',
    case when r ->> 'storyId' is not null then ' and story_id = $1' end,
    case when r ->> 'status' is not null then ' and status = $2' end,
    case when r ->> 'operation' is not null then ' and operation = $3' end,
    case when r ->> 'requestedBy' is not null then ' and requested_by = $7' end,
    case when seen_id is not null then ' and (created_at, id) < ($4, $5)' end,
    ' order by created_at desc, id desc limit $6) page')
    into listed
    using (r ->> 'storyId')::uuid, r ->> 'status', r ->> 'operation', seen_at, seen_id, wanted + 1,
      (r ->> 'requestedBy')::uuid;
  -- One more than wanted was looked for: whether it is there says whether another page follows.
  return jsonb_build_object('outcome', 'listed', 'tasks', coalesce(listed - wanted, '[]'::jsonb), 'next', case
    when jsonb_array_length(listed) > wanted then jsonb_build_object(
      'createdAtMicros', (extract(epoch from (listed -> (wanted - 1) ->> 'created_at')::timestamptz) * 1000000)::bigint,
      'id', listed -> (wanted - 1) -> 'id') end);
end
$$;

notify pgrst, 'reload schema';
