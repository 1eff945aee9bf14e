-- Stories, scenelets, tasks and their events: what a caller needs to persist a story and to follow its tasks.
-- The next migration adds what workers need, and keeps every statement that is legal here legal.

create table public.stories (
  id uuid primary key default gen_random_uuid(),
  display_name text not null check (length(display_name) between 1 and 200),
  initial_prompt text not null check (length(initial_prompt) between 1 and 50000),
  constitution jsonb,
  outline jsonb,
  visual_design jsonb,
  audio_design jsonb,
  bundle_path text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.stories is 'A story: its prompt and the documents made from it, each written when it is made.';
comment on column public.stories.outline is 'The plan of the interactive script; its scenelets are rows of their own.';

create table public.scenelets (
  id uuid primary key default gen_random_uuid(),
  story_id uuid not null references public.stories (id) on delete cascade,
  parent_id uuid references public.scenelets (id) on delete cascade,
  key text not null,
  choice_label_from_parent text,
  content jsonb not null,
  shot_list jsonb,
  created_at timestamptz not null default now(),
  -- A step that is repeated after a take-over must find the scenelet that was written, not write a second.
  unique (story_id, key),
  check ((parent_id is null) = (choice_label_from_parent is null))
);
create index scenelets_parent_id_idx on public.scenelets (parent_id);

create table public.story_tasks (
  id uuid primary key default gen_random_uuid(),
  story_id uuid references public.stories (id) on delete set null,
  operation text not null
    constraint story_tasks_operation_check
    check (operation in ('RUN_WORKFLOW_TASK', 'REGENERATE_CONSTITUTION', 'BUILD_PLAYER_BUNDLE')),
  status text not null default 'queued'
    constraint story_tasks_status_check
    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress int not null default 0 check (progress between 0 and 100),
  payload jsonb not null default '{}',
  requested_by uuid references auth.users (id),
  display_fields jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index story_tasks_story_id_created_at_idx on public.story_tasks (story_id, created_at desc);
create index story_tasks_status_idx on public.story_tasks (status);

create table public.story_task_events (
  id uuid primary key default gen_random_uuid(),
  task_id uuid not null references public.story_tasks (id) on delete cascade,
  event_type text not null check (event_type in ('info', 'progress', 'error', 'chat_message')),
  message text not null,
  payload jsonb,
  progress_override int check (progress_override between 0 and 100),
  created_at timestamptz not null default now()
);
create index story_task_events_task_id_created_at_idx on public.story_task_events (task_id, created_at asc);

-- Access. Supabase's default privileges hand new tables to anon and authenticated, so both are taken back by name.
alter table public.stories enable row level security;
alter table public.scenelets enable row level security;
alter table public.story_tasks enable row level security;
alter table public.story_task_events enable row level security;

revoke all on public.stories, public.scenelets, public.story_tasks, public.story_task_events
  from public, anon, authenticated;
grant select, insert, update, delete on public.stories, public.scenelets, public.story_tasks, public.story_task_events
  to service_role;
grant select on public.story_tasks, public.story_task_events to authenticated;

create policy story_tasks_select_own on public.story_tasks
  for select to authenticated using (requested_by = (select auth.uid()));
create policy story_task_events_select_own on public.story_task_events
  for select to authenticated using (
    exists (
      select 1 from public.story_tasks task
      where task.id = story_task_events.task_id and task.requested_by = (select auth.uid())
    )
  );

-- Realtime sends what is in this publication. It exists on Supabase; a bare Postgres gets it here.
do $$
declare
  published text;
begin
  if not exists (select 1 from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  foreach published in array array['story_tasks', 'story_task_events'] loop
    if not exists (
      select 1 from pg_catalog.pg_publication_tables
      where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = published
    ) then
      execute format('alter publication supabase_realtime add table public.%I', published);
    end if;
  end loop;
end
$$;

notify pgrst, 'reload schema';
