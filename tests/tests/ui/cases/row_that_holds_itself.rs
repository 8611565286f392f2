use lakeorm::LakeRow;

#[derive(LakeRow)]
struct Comment {
    text: String,
    replies: Vec<Comment>,
}

fn main() {}
