{{ config(tags=['own']) }}
select $v${{ config.get("tags") }} {{ this }}$v$ as t
