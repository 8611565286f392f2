fn rows<T: lakeorm::LakeRowOwned>() {}

fn all<T>() {
    rows::<T>();
}

fn main() {}
