//! Facts about the server, the session and the position of a row; calls of Java.

functions! {
    current_catalog() "The current catalog.";
    current_database() "The current database.";
    current_path() "The path on which names of functions are looked up.";
    current_schema() "The current database.";
    current_user() "The name of the user.";
    input_file_block_length() "The length of the block that is being read.";
    input_file_block_start() "Where the block that is being read starts.";
    input_file_name() "The name of the file that is being read.";
    java_method(columns: columns) "The result of a static Java method; give its class, its name and its arguments.";
    monotonically_increasing_id() "A number that is different for each row and grows.";
    reflect(columns: columns) "The result of a static Java method; give its class, its name and its arguments.";
    session_user() "The name of the user.";
    spark_partition_id() "The number of the partition that the row is in.";
    try_reflect(columns: columns) "Like [`reflect`], but `NULL` where the method throws.";
    user() "The name of the user.";
    version() "The version of the server.";
}
