{{ config(
    materialized='table',
    pre_hook=["{{ note('pre', 1) }}", {"sql": "select 1", "transaction": true}, before_begin("set lock_timeout = '10s'")],
    post_hook=[
      "analyze {{ this }}",
      {"sql": "vacuum {{ this.render() }}", "transaction": false},
      after_commit("{{ note('after commit', this) }}"),
      "{{ nothing() }}",
      "   ",
    ]
) }}
select id from {{ ref('few') }}
