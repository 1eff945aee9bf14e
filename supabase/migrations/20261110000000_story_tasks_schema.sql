-- Which schema this is, for processes that must not work on an older one than they know. Every later migration ends with
-- this function anew, with its own version in it (tested).

-- request: {}
-- outcome: known {version: that of the newest migration}
create function public.story_tasks_schema(request jsonb) returns jsonb
  language sql stable security invoker set search_path = '' as
$$ select jsonb_build_object('outcome', 'known', 'version', '20261110000000') $$;

do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and proname in ('story_tasks_schema')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
