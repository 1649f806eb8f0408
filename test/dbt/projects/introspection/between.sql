insert into raw.pets (id, kind) values (4, 'eel');
alter table raw.pets add column more varchar(20);
