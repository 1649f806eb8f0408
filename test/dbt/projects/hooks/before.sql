create table public.log (at serial, what text, who text);
