use fabric_testkit::servers::{Postgres, Server, require};

use crate::is_listening;

#[tokio::test]
async fn it_answers_and_keeps_its_data_when_killed() -> anyhow::Result<()> {
    if !require(&[Server::Postgres])? {
        return Ok(());
    }
    let mut postgres = Postgres::start().await?;
    postgres.sql("create table grade (student text, percent int)").await?;
    postgres.sql("insert into grade values ('ada', 93), ('bob', 58)").await?;

    postgres.kill().await?;
    assert!(postgres.pid().is_none() && !is_listening(postgres.addr()).await);

    postgres.start_again().await?;
    assert_eq!(postgres.sql("select * from grade order by student").await?, "ada|93\nbob|58");
    let error = postgres.sql("select missing from grade").await.unwrap_err();
    assert!(format!("{error:#}").contains("\"missing\" does not exist"), "{error:#}");
    Ok(())
}
