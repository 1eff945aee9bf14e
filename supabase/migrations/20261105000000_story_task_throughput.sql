-- What the forwarder needs: counts per minute that move together with the position up to which they go.
-- As in the migrations before: one jsonb object in, one with a typed `outcome` out.

comment on table public.story_task_throughput is
  'Events of jobs per minute and operation (docs/glossary.md). A minute with incomplete rows had more, and nobody knows how many; the event gap says so where nothing else was counted.';
comment on table public.story_task_throughput_positions is
  'The id in the lane''s event stream up to which story_task_throughput goes. It moves in the transaction that counts.';

create function story_tasks_internal.minute_at(minute bigint) returns timestamptz
  language sql immutable set search_path = '' as
$$ select timestamptz 'epoch' + minute * interval '1 minute' $$;

-- Marks every row of these minutes, and gives each a row that keeps the mark for what is counted later.
create function story_tasks_internal.mark_incomplete(marked text, ranges jsonb) returns void
  language sql set search_path = '' as
$$
  insert into public.story_task_throughput (minute, operation, event, incomplete)
    select story_tasks_internal.minute_at(minute), marked, 'gap', true
    from jsonb_to_recordset(ranges) as gap ("from" bigint, "to" bigint), generate_series(gap."from", gap."to") as minute
    on conflict (minute, operation, event) do nothing;
  update public.story_task_throughput told set incomplete = true
    from jsonb_to_recordset(ranges) as gap ("from" bigint, "to" bigint)
    where told.operation = marked and not told.incomplete
      and told.minute between story_tasks_internal.minute_at(gap."from") and story_tasks_internal.minute_at(gap."to");
$$;

create function story_tasks_internal.add_throughput(counted text, counts jsonb) returns void
  language sql set search_path = '' as
$$
  insert into public.story_task_throughput as told (minute, operation, event, count, incomplete)
    select story_tasks_internal.minute_at(more.minute), counted, more.event, more.count, exists (
      select 1 from public.story_task_throughput gap
      where gap.minute = story_tasks_internal.minute_at(more.minute) and gap.operation = counted and gap.event = 'gap')
    from jsonb_to_recordset(counts) as more (minute bigint, event text, count bigint)
    on conflict (minute, operation, event) do update set count = told.count + excluded.count;
$$;

-- request: {lane, operation, expected: position or null, position, counts: [{minute, event, count}],
--           incomplete: [{from, to}]}; minutes are whole ones since 1970
-- Counts what lies between two positions. A lane whose position is not the expected one is left alone: another forwarder
-- was faster, or this is a repeat, which is answered as the first time. The position's row lock makes two callers wait for
-- each other.
-- outcome: recorded {position} | moved {position: the one that stands}
create function public.record_story_task_throughput(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  wanted text := r ->> 'position';
  standing text;
begin
  if r ->> 'expected' is null then
    insert into public.story_task_throughput_positions (lane, stream_id, updated_at)
      values (r ->> 'lane', wanted, clock_timestamp())
      on conflict (lane) do nothing;
  else
    update public.story_task_throughput_positions
      set stream_id = wanted, updated_at = clock_timestamp()
      where lane = r ->> 'lane' and stream_id = r ->> 'expected';
  end if;
  if not found then
    select stream_id into standing from public.story_task_throughput_positions where lane = r ->> 'lane';
    return jsonb_build_object('position', standing, 'outcome', case when standing = wanted then 'recorded' else 'moved' end);
  end if;
  perform story_tasks_internal.mark_incomplete(r ->> 'operation', r -> 'incomplete');
  perform story_tasks_internal.add_throughput(r ->> 'operation', r -> 'counts');
  return jsonb_build_object('outcome', 'recorded', 'position', wanted);
end
$$;

-- Access -------------------------------------------------------------------------------------------------------------

do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'story_tasks_internal'::regnamespace
      or (pronamespace = 'public'::regnamespace and proname in ('record_story_task_throughput'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
