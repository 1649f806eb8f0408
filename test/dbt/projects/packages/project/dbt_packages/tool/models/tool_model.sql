select '{{ var("word") }}' as word, '{{ var("only") }}' as only_word, '{{ var("fallback") }}' as fallback, '{{ var("nowhere", "default") }}' as nowhere, '{{ this }}' as me
