"""Bad days on order: what may befall a call, by probability or by script, the same for a seed.

rules      what a storm file says
storm      reads it, and says where it is wrong
sky        the weather of one sandbox: which rules strike this call, and how often they did
passage    lets it happen to a call
vendor     what a platform brings: its kinds of calls and what it says on a bad day
movers/    what people do in the meantime
controls   `/_sandbox/weather`

One platform each, as a vendor:

salesforce           Salesforce
hubspot              HubSpot
account_engagement   Account Engagement

Ready storm files are in storms/.
"""
