//! Arrays, maps and structs, and generators of rows from them.

functions! {
    aggregate(array: column, start: column, merge: lambda2)
        "The elements folded into one value, from a start: `aggregate(\"xs\", lit(0), |all, x| all + x)`.";
    aggregate_with_finish(array: column, start: column, merge: lambda2, finish: lambda1) = "aggregate"
        "The elements folded into one value, from a start, with a function applied to the result.";
    array(columns: columns) "An array of several columns.";
    array_append(array: column, value: value) "The array with a value at its end.";
    array_compact(array: column) "The array without its `NULL`s.";
    array_contains(array: column, value: value) "Whether a value is in the array.";
    array_distinct(array: column) "The array with every value once.";
    array_except(first: column, second: column) "The elements of the first that are not in the second, each once.";
    array_insert(array: column, position: number, value: value)
        "The array with a value inserted at a position, counted from 1, or from the end if it is negative.";
    array_intersect(first: column, second: column) "The elements that both have, each once.";
    array_join(array: column, delimiter: value)
        "The elements as one text, with a delimiter between them, `NULL`s left out.";
    array_join_or(array: column, delimiter: value, replacement: value) = "array_join"
        "The elements as one text, with a delimiter between them, and another text in place of each `NULL`.";
    array_max(array: column) "The greatest element.";
    array_min(array: column) "The least element.";
    array_position(array: column, value: value) "Where a value first occurs, counted from 1; 0 if nowhere.";
    array_prepend(array: column, value: value) "The array with a value at its beginning.";
    array_remove(array: column, value: value) "The array without the elements that are equal to a value.";
    array_repeat(column: column, count: number) "An array that holds a value `count` times.";
    array_size(array: column) "How many elements there are.";
    array_sort(array: column) "The array in ascending order, `NULL`s last.";
    array_sort_by(array: column, compare: lambda2) = "array_sort"
        "The array in the order of a comparison that returns less than, equal to or more than 0.";
    array_union(first: column, second: column) "The elements that either of them has, each once.";
    arrays_overlap(first: column, second: column) "Whether the two have an element in common.";
    arrays_zip(arrays: columns) "An array of structs: the first elements of all, the second, and so on.";
    cardinality(column: column) "How many elements or entries there are.";
    concat(columns: columns) "Several texts, binaries or arrays, one after the other.";
    create_map(columns: columns) = "map" "A map of alternating keys and values.";
    element_at(column: column, key: value)
        "The element of an array at a position, counted from 1, or the value of a map under a key.";
    exists(array: column, condition: lambda1) "Whether the condition is true for some element.";
    explode(column: column) "A row for each element of an array or entry of a map.";
    explode_outer(column: column) "A row for each element or entry, and one of `NULL` where there is none.";
    filter(array: column, condition: lambda1) "The elements for which the condition is true.";
    filter_with_index(array: column, condition: lambda2) = "filter"
        "The elements for which a condition on the element and its position is true.";
    flatten(array: column) "The elements of an array of arrays as one array.";
    forall(array: column, condition: lambda1) "Whether the condition is true for all elements.";
    get(array: column, index: number) "The element at a position, counted from 0, `NULL` where there is none.";
    inline(array: column) "A row for each struct of an array.";
    inline_outer(array: column) "A row for each struct of an array, and one of `NULL` where there is none.";
    map_concat(maps: columns) "The entries of several maps in one.";
    map_contains_key(map: column, key: value) "Whether the map has a key.";
    map_entries(map: column) "The entries as an array of structs.";
    map_filter(map: column, condition: lambda2) "The entries for which a condition on key and value is true.";
    map_from_arrays(keys: column, values: column) "A map of an array of keys and one of values.";
    map_from_entries(entries: column) "A map of an array of structs of a key and a value.";
    map_keys(map: column) "The keys as an array.";
    map_values(map: column) "The values as an array.";
    map_zip_with(first: column, second: column, merge: lambda3)
        "A map of all keys of two maps, with the result of a function of a key and its two values.";
    named_struct(columns: columns) "A struct of alternating names and values.";
    posexplode(column: column) "A row for each element or entry, with its position, counted from 0.";
    posexplode_outer(column: column)
        "A row for each element or entry, with its position, and one of `NULL` where there is none.";
    reduce(array: column, start: column, merge: lambda2) "The elements folded into one value, from a start.";
    reduce_with_finish(array: column, start: column, merge: lambda2, finish: lambda1) = "reduce"
        "The elements folded into one value, from a start, with a function applied to the result.";
    reverse(column: column) "A text or an array backwards.";
    sequence(start: column, stop: column) "The numbers, dates or times from one to another, as an array.";
    sequence_by(start: column, stop: column, step: column) = "sequence"
        "The numbers, dates or times from one to another, in steps, as an array.";
    shuffle(array: column) "The array in a random order. Not every server takes a seed for it, so each use of a frame \
        draws anew: write the frame to a table to keep the order.";
    shuffle_with_seed(array: column, seed: value) = "shuffle"
        "The array in a random order, from a seed. Spark from 4.0 on.";
    size(column: column) "How many elements or entries there are.";
    slice(array: column, start: number, length: number) "`length` elements from a position on, counted from 1.";
    sort_array(array: column, ascending: value) "The array in order; `NULL`s are first where it ascends.";
    stack(columns: columns) "Several columns as rows; the first argument is the number of rows.";
    str_to_map(text: column, pair_delimiter: column, key_delimiter: column)
        "A text of keys and values as a map. The delimiters are regular expressions: `lit(\",\")`, or a column.";
    #[doc(alias = "struct")]
    struct_(columns: columns) = "struct" "A struct of several columns.";
    transform(array: column, function: lambda1) "The array with a function applied to each element.";
    transform_keys(map: column, function: lambda2) "The map with other keys, made from key and value.";
    transform_values(map: column, function: lambda2) "The map with other values, made from key and value.";
    transform_with_index(array: column, function: lambda2) = "transform"
        "The array with a function applied to each element and its position, counted from 0.";
    try_element_at(column: column, key: column) "Like [`element_at`], but `NULL` where there is nothing.";
    vector_cosine_similarity(left: column, right: column) "The cosine of the angle between two vectors.";
    vector_inner_product(left: column, right: column) "The inner product of two vectors.";
    vector_l2_distance(left: column, right: column) "The distance between two vectors.";
    vector_norm(vector: column) "The length of a vector.";
    vector_normalize(vector: column) "The vector of length 1 in the same direction.";
    zip_with(left: column, right: column, merge: lambda2)
        "The results of a function of the first elements of two arrays, of the second, and so on, as an array.";
}
